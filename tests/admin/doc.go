// Package admin watches what operators see and do beside the running service: the audit
// trail, the page, the API, and alarms.
package admin
