package metrics

import (
	"context"
	"html/template"
	"net/http"
	"runtime"
	"time"
)

// front is what the page at / says.
type front struct {
	Version, Commit, Go string
	Since               time.Time
	Trouble             string // why no device can be served; empty: they can
	Admin               string // where the page for operators is; empty: not known
	Pprof               bool
}

var frontPage = template.Must(template.New("front").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>popbridge</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
dt { font-weight: 600 } dd { margin: 0 0 .75rem }
.no { color: light-dark(#a40000, #ff8f8f); font-weight: 600 }
</style>
<h1>popbridge</h1>
{{if .Trouble}}<p class="no">Not ready: {{.Trouble}}{{else}}<p>Ready: devices are served.{{end}}
<p>Version {{.Version}}{{with .Commit}} ({{.}}){{end}}, {{.Go}}, running since <time datetime="{{.Since.Format "2006-01-02T15:04:05Z07:00"}}">{{.Since.Format "2006-01-02 15:04:05 MST"}}</time>.
<dl>
<dt><a href="/metrics">/metrics</a><dd>What Prometheus reads.
<dt><a href="/healthz">/healthz</a><dd>200 while the process is alive.
<dt><a href="/readyz">/readyz</a><dd>200 while devices can be served, else 503 with the reason.
{{if .Pprof}}<dt><a href="/debug/pprof/">/debug/pprof/</a><dd>Profiles.
{{end}}</dl>
{{with .Admin}}<p><a href="{{.}}">The page for operators</a> has sessions, accounts and what went wrong.
{{end}}</html>
`))

// page answers people who open the address in a browser.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	f := front{Version: s.metrics.version, Commit: s.metrics.commit, Go: runtime.Version(), Since: s.metrics.since, Pprof: s.pprof.Load()}
	if at := s.admin.Load(); at != nil {
		f.Admin = *at
	}
	if err := s.ready(ctx); err != nil {
		f.Trouble = err.Error()
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_ = frontPage.Execute(w, f) // who has gone does not read it
}
