package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/admin/gate"
	"popbridge/proxy/backend"
)

// Root is where everything lies.
const Root = "/api/v1"

// API answers programs. It may be used by any number of goroutines.
type API struct {
	desk desk.Service
	gate *gate.Gate
	mux  *http.ServeMux
}

// New makes an API.
func New(d desk.Service, g *gate.Gate) *API {
	a := &API{desk: d, gate: g, mux: http.NewServeMux()}
	for _, e := range endpoints() {
		a.mux.HandleFunc(e.method+" "+Root+e.path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, e) })
	}
	document := Document()
	a.mux.HandleFunc("GET "+Root+"/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		if _, err := a.gate.Token(r); err != nil {
			problemOf(err).write(w)
			return
		}
		write(w, http.StatusOK, "application/json", document)
	})
	return a
}

// ServeHTTP is http.Handler's.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	// The mux's own words are no problems.
	if _, err := a.gate.Token(r); err != nil {
		problemOf(err).write(w)
		return
	}
	status := statusRecorder{header: make(http.Header)}
	handler.ServeHTTP(&status, r)
	if allow := status.header.Get("Allow"); status.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allow)
		problem(status.status, r.Method+" is not for "+r.URL.Path+"; it takes "+allow).write(w)
		return
	}
	problem(http.StatusNotFound, "there is no "+r.URL.Path+"; see "+Root+"/openapi.json").write(w)
}

// statusRecorder hears what the mux would say.
type statusRecorder struct {
	header http.Header
	status int
}

func (s *statusRecorder) Header() http.Header         { return s.header }
func (s *statusRecorder) Write(p []byte) (int, error) { return len(p), nil }
func (s *statusRecorder) WriteHeader(status int)      { s.status = status }

// patience is how long an answer may take that has to be fetched from a mail server.
const patience = 5 * time.Minute

func (a *API) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	caller, err := a.gate.Token(r)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	c := &call{Request: r, API: a, endpoint: e, caller: caller}
	if e.slow {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(patience)) // where it cannot be set the server's own holds
	}
	answer, err := c.run()
	if err != nil {
		problemOf(err).write(w)
		return
	}
	if answer == nil {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	write(w, http.StatusOK, "application/json", answer)
}

// call is one request.
type call struct {
	*http.Request
	*API
	endpoint endpoint
	caller   gate.Caller
	query    url.Values
}

func (c *call) run() (answer any, err error) {
	if c.query, err = url.ParseQuery(c.URL.RawQuery); err != nil {
		return nil, badRequest(err)
	}
	for name := range c.query {
		if !slices.ContainsFunc(c.endpoint.query, func(p parameter) bool { return p.name == name }) {
			return nil, badRequest(fmt.Errorf("%s %s knows no %q", c.endpoint.method, c.endpoint.path, name))
		}
	}
	if !c.endpoint.write {
		return c.endpoint.do(c)
	}
	e := backend.Event{Act: c.endpoint.act, Account: c.PathValue("account"), Device: c.PathValue("device")}
	body := c.endpoint.body()
	if body != nil {
		if err := c.read(body); err != nil && c.caller.Write {
			return nil, err
		}
		e.Details = details(body)
		if d := e.Details["device"]; d != "" && e.Device == "" {
			e.Device = d
			delete(e.Details, "device")
		}
	}
	err = c.gate.Act(c.caller, e, func() error {
		answer, err = c.endpoint.change(c, body)
		return err
	})
	return answer, err
}

// maxBody bounds what a request may bring, in octets.
const maxBody = 64 << 10

// read reads a request's body; nothing is as an empty object.
func (c *call) read(into any) error {
	d := json.NewDecoder(io.LimitReader(c.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil && d.More() {
		err = errors.New("there is more than one value")
	}
	if err != nil {
		return badRequest(fmt.Errorf("the body has to be a JSON object as the OpenAPI document has it: %w", err))
	}
	return nil
}

// details are what a request's body says, for the audit trail: all but secrets.
func details(body any) map[string]string {
	text, err := json.Marshal(body)
	var values map[string]any
	if err != nil || json.Unmarshal(text, &values) != nil {
		return nil
	}
	told := make(map[string]string)
	for name, value := range values {
		if text, is := value.(string); is && name == "password" && text != "" {
			value = "<redacted>"
		}
		told[name] = fmt.Sprint(value)
	}
	return told
}

// Bounds of lists.
const (
	usualLimit = 100
	maxLimit   = 1000
)

// limit is how many entries a list may have.
func (c *call) limit() (int, error) {
	n, err := c.number("limit", usualLimit)
	if err == nil && (n < 1 || n > maxLimit) {
		err = badRequest(fmt.Errorf("limit is a number from 1 to %d", maxLimit))
	}
	return int(n), err
}

func (c *call) number(name string, otherwise int64) (int64, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, badRequest(fmt.Errorf("%s is a number, not %q", name, text))
	}
	return n, nil
}

// since reads a time, or how long ago it is.
func since(text string) (time.Time, error) {
	at, err := desk.Since(text, time.Now())
	if err != nil {
		return at, badRequest(err)
	}
	return at, nil
}
