package metrics

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// readyTimeout bounds the question whether the ledger answers.
	readyTimeout = 2 * time.Second
	// maxScrapes is how many may be answered at once; the others get 503.
	maxScrapes = 8
)

// handler answers the paths that there are. It is a mux of its own: whatever a
// package registers with net/http by itself is not served.
func (s *Server) handler(errorLog *log.Logger) http.Handler {
	mux := http.NewServeMux()
	// A collector that fails leaves the others to be seen.
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorLog: errorLog, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes,
	}))
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := s.ready(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	for path, profile := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/cmdline": pprof.Cmdline, "/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if !s.pprof.Load() {
				http.NotFound(w, r)
				return
			}
			profile(w, r)
		})
	}
	return mux
}

// say answers in one line that no cache keeps.
func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that has gone does not hear it; there is nobody else to tell.
	_, _ = io.WriteString(w, text+"\n")
}
