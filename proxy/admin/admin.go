// Package admin serves operators over HTTP: an API for programs, and a page for people. It
// is given a desk to ask at, and knows neither the ledger nor the sessions.
package admin

import (
	"net/http"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/admin/api"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/admin/gate"
	"popbridge/proxy/admin/page"
	"popbridge/proxy/backend"
)

// Admin is an http.Handler. It may be used by any number of goroutines.
type Admin struct {
	gate *gate.Gate
	mux  *http.ServeMux
}

// New makes an Admin that lets nobody in until it is configured. trail is told of
// refusals and changes.
func New(log hclog.Logger, d desk.Service, trail backend.Trail) *Admin {
	a := &Admin{gate: gate.New(log.Named("admin"), trail), mux: http.NewServeMux()}
	a.mux.Handle(api.Root+"/", api.New(d, a.gate))
	a.mux.Handle("/", page.New(log.Named("admin"), d, a.gate))
	return a
}

// Configure takes a configuration.
func (a *Admin) Configure(cfg *configs.Config) { a.gate.Configure(cfg) }

// ServeHTTP is http.Handler's.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }
