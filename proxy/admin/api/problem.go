package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/admin/gate"
)

// Problem is an error as programs read it (RFC 9457 §3.1).
type Problem struct {
	Type   string `json:"type"`   // about:blank: the status says it all
	Title  string `json:"title"`  // the status in words
	Status int    `json:"status"` // of HTTP
	Detail string `json:"detail"` // what is wrong, and what would be right
}

func problem(status int, detail string) Problem {
	return Problem{"about:blank", http.StatusText(status), status, detail}
}

// problemOf makes a Problem of any error.
func problemOf(err error) Problem {
	var p *requestError
	kind, fault := desk.KindOf(err)
	switch {
	case errors.As(err, &p):
		return problem(p.status, p.Error())
	case errors.Is(err, gate.ErrNobody):
		return problem(http.StatusUnauthorized, err.Error())
	case errors.Is(err, gate.ErrSpent):
		return problem(http.StatusTooManyRequests, err.Error())
	case errors.Is(err, gate.ErrReadOnly):
		return problem(http.StatusForbidden, err.Error())
	case fault && kind == desk.Unknown:
		return problem(http.StatusNotFound, err.Error())
	case fault && kind == desk.Conflict:
		return problem(http.StatusConflict, err.Error())
	case fault:
		return problem(http.StatusUnprocessableEntity, err.Error())
	}
	return problem(http.StatusInternalServerError, err.Error())
}

// requestError is a request that could not be read.
type requestError struct {
	status int
	error
}

func badRequest(err error) error { return &requestError{http.StatusBadRequest, err} }

// retryAfter is what a program waits that has failed too often, in seconds.
const retryAfter = 600

func (p Problem) write(w http.ResponseWriter) {
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="popbridge"`)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	write(w, p.Status, "application/problem+json", p)
}

// write answers in JSON that no cache keeps.
func write(w http.ResponseWriter, status int, kind string, v any) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // a program that has gone does not hear it
}
