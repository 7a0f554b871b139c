package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// browser is where the owner's browser comes back to after signing in, where it runs
// on this machine (RFC 8252 §7.3).
type browser struct {
	address string // the redirect URI
	answers chan answered
	server  *http.Server
	serving sync.WaitGroup
}

// answered is a code, or why there is none.
type answered struct {
	code string
	err  error
}

const (
	// ports is how many ports are tried until one is free on 127.0.0.1 and on ::1: who
	// held it on the other one could be told the code.
	ports = 20
	// farewell bounds how long a browser may take to read the last page.
	farewell = 2 * time.Second
)

// listenForBrowser opens a port that this machine alone reaches. The name localhost is
// what Microsoft lets come with any port, and either address may be what it stands for
// in a browser. The redirect URI has no path, so that it is the registered one but for
// its port.
func listenForBrowser(read func(url.Values) (string, error)) (*browser, error) {
	listeners, err := listenLoopback()
	if err != nil {
		return nil, fmt.Errorf("listening for the browser that comes back: %w", err)
	}
	b := &browser{answers: make(chan answered, 1)}
	_, port, _ := net.SplitHostPort(listeners[0].Addr().String())
	b.address = "http://localhost:" + port
	b.server = &http.Server{Handler: b.page(read), ReadHeaderTimeout: farewell, MaxHeaderBytes: 64 << 10}
	for _, l := range listeners {
		b.serving.Go(func() { _ = b.server.Serve(l) }) // it ends with close
	}
	return b, nil
}

// listenLoopback listens on one port of ::1 and of 127.0.0.1, or of 127.0.0.1 alone
// where there is no IPv6.
func listenLoopback() ([]net.Listener, error) {
	for range ports {
		six, err := net.Listen("tcp6", "[::1]:0")
		if err != nil {
			four, err := net.Listen("tcp4", "127.0.0.1:0")
			return []net.Listener{four}, err
		}
		port := strconv.Itoa(six.Addr().(*net.TCPAddr).Port)
		four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return []net.Listener{six, four}, nil
		}
		_ = six.Close() // somebody has it there
	}
	return nil, errors.New("no port is free on both 127.0.0.1 and ::1")
}

// page takes the first answer to our question, and says in the browser what is wrong
// with any other.
func (b *browser) page(read func(url.Values) (string, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		code, err := read(r.URL.Query())
		if errors.As(err, new(strayError)) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "popbridge: "+err.Error()+".\n")
			return
		}
		text := "popbridge has the answer. You can close this page; the command says whether it works."
		if err != nil {
			text = "popbridge: " + err.Error()
		}
		_, _ = io.WriteString(w, text+"\n")
		select {
		case b.answers <- answered{code, err}:
		default: // it was answered before
		}
	})
	return mux
}

// close lets the browser read its page, and frees the port.
func (b *browser) close() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if b.server.Shutdown(ctx) != nil {
		_ = b.server.Close()
	}
	b.serving.Wait()
}
