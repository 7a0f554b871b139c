// Package alarms looks, while a service runs, for what operators should hear of without
// asking: devices that are overdue, and upstreams that are away; and tells them what they want to be
// told of by a webhook.
//
// Invariants:
//
//   - A look costs no device anything: it is taken beside the sessions, and what it needs of
//     an upstream it asks for itself.
//   - What was found is written down in the ledger, where proxies that share it agree on it.
//   - News goes through the ledger, but for that of the ledger itself; no secret is in it, and
//     the webhook's address, which may be one, is in no line of the log.
//   - No device is called overdue while its upstream is not known to answer.
package alarms
