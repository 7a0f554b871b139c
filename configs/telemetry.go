package configs

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Telemetry says where traces of sessions go.
type Telemetry struct {
	OTLP    string `key:"otlp" unit:"URL" sample:"http://127.0.0.1:4318" doc:"An OpenTelemetry collector that takes traces over HTTP (OTLP, JSON). Without a path, /v1/traces is added. A trace is a session, with its login, each RETR and its QUIT; it names listener, upstream and session, and no account, device or message. Empty sends none, and costs nothing."`
	Headers Secret `key:"headers" unit:"a line each: NAME: VALUE" sample:"Authorization: Bearer what the collector wants" doc:"Headers of each request, best kept in a file that headers_file names."`
	Sample  int    `key:"sample" default:"100" min:"1" unit:"percent" doc:"How many of a hundred sessions are traced."`
}

// Endpoint is where traces are posted; empty: nowhere.
func (t Telemetry) Endpoint() string {
	if u, err := url.Parse(t.OTLP); err == nil && t.OTLP != "" && strings.Trim(u.Path, "/") == "" {
		return u.JoinPath("v1/traces").String()
	}
	return t.OTLP
}

// Header reads headers.
func (t Telemetry) Header() (http.Header, error) {
	h := make(http.Header)
	for i, line := range strings.Split(strings.TrimSpace(t.Headers.Reveal()), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("line %d is not NAME: VALUE", i+1)
		}
		h.Add(name, strings.TrimSpace(value))
	}
	return h, nil
}

// checkTelemetry looks at who gets traces.
func (r *reading) checkTelemetry(t Telemetry) {
	const at = "telemetry.otlp"
	headers := r.givenAs("telemetry.headers")
	if r.wrong[at] || r.wrong[headers] {
		return
	}
	if _, err := t.Header(); err != nil {
		r.errorf(headers, "%s", err)
	}
	if t.Sample > 100 && !r.wrong["telemetry.sample"] {
		r.errorf("telemetry.sample", "%d is more than all; write 100 for all, or less", t.Sample)
	}
	if t.OTLP == "" {
		if !t.Headers.Empty() {
			r.warnf(at, "is empty, so nothing is sent; write for example \"http://127.0.0.1:4318\"")
		}
		return
	}
	u, err := url.Parse(t.OTLP)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		r.errorf(at, "%q is no address of a collector; write for example \"http://127.0.0.1:4318\"", t.OTLP)
	case u.User != nil:
		r.errorf(at, "the address holds a password, which configurations are shown with; write it into headers_file, as an Authorization")
	case u.Scheme == "http" && !t.Headers.Empty() && !loopback(u.Hostname()):
		r.errorf(at, "http:// shows the headers to everybody on the way; write https://")
	case u.Scheme == "http" && !secluded(u.Hostname()):
		r.warnf(at, "http:// shows everybody on the way when devices poll; write https://, or an address in your own network")
	}
}
