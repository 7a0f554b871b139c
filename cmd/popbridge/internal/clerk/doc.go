// Package clerk does what operators ask at the desk (proxy/admin/desk), over the ledger
// and the configuration: for commands, which run beside the service or without it, and
// within the service for its API and its page.
package clerk
