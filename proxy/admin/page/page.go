package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"

	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/admin/gate"
)

// Page answers people. It may be used by any number of goroutines.
type Page struct {
	log       hclog.Logger
	desk      desk.Service
	gate      *gate.Gate
	cache     *cache
	people    *people
	templates *templates
	mux       *http.ServeMux
	version   string // of the assets
}

//go:embed assets
var assets embed.FS

// New makes a Page.
func New(log hclog.Logger, d desk.Service, g *gate.Gate) *Page {
	p := &Page{log: log, desk: d, gate: g, cache: newCache(d), people: newPeople(), templates: newTemplates(), mux: http.NewServeMux()}
	sum := sha256.New()
	for name, kind := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "mark.svg": "image/svg+xml"} {
		text, err := assets.ReadFile(path.Join("assets", name))
		if err != nil {
			panic(err) // it is built in
		}
		p.mux.HandleFunc("GET /assets/"+name, func(w http.ResponseWriter, _ *http.Request) { serveAsset(w, kind, text) })
	}
	for _, name := range []string{"page.css", "page.js"} {
		text, _ := assets.ReadFile(path.Join("assets", name))
		sum.Write(text)
	}
	p.version = hex.EncodeToString(sum.Sum(nil)[:6])
	p.mux.HandleFunc("GET /login", p.askPassword)
	p.mux.HandleFunc("POST /login", p.login)
	p.mux.HandleFunc("POST /logout", p.logout)
	p.mux.HandleFunc("GET /authorize", p.consent)
	p.mux.HandleFunc("GET /authorized", p.consented)
	for _, s := range screens() {
		p.mux.HandleFunc("GET "+s.path, func(w http.ResponseWriter, r *http.Request) { p.show(w, r, s) })
	}
	for _, d := range actions() {
		p.mux.HandleFunc("POST "+d.path, func(w http.ResponseWriter, r *http.Request) { p.act(w, r, d) })
	}
	return p
}

// ServeHTTP is http.Handler's.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	guard(w.Header())
	if !p.gate.HasPage() {
		http.Error(w, "there is no page: admin.password_file names no password", http.StatusNotFound)
		return
	}
	p.mux.ServeHTTP(w, r)
}

// policy lets a browser load what lies here, and send forms here, and nothing else. Even
// if a name came through as HTML, no script of it would run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets what every answer says to browsers. Forms tell their origin to this page alone.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// serveAsset gives what is the same for everybody, and which a version tells apart.
func serveAsset(w http.ResponseWriter, kind string, text []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(text)
}
