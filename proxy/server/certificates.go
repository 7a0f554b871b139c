package server

import (
	"crypto/tls"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"popbridge/configs"
)

// certificateInterval is how often the files of certificates are looked at: a
// renewed one is in use before long, whatever renewed it.
const certificateInterval = 5 * time.Second

// certificates are the certificates of one listener, which change while it is open.
type certificates struct {
	listener configs.Listener
	pairs    atomic.Pointer[[]tls.Certificate]
	// The rest is one goroutine's.
	seen   []fs.FileInfo // of the files, when they were last looked at; nil: not there
	broken bool          // they could not be used then
}

func loadCertificates(l configs.Listener) (*certificates, error) {
	c := &certificates{listener: l, seen: look(l)}
	return c, c.load()
}

// load reads all files, and takes what they hold only where every pair is whole.
func (c *certificates) load() error {
	var pairs []tls.Certificate
	for _, p := range c.listener.KeyPairs() {
		pair, err := p.Load()
		if err != nil {
			return err
		}
		pairs = append(pairs, pair)
	}
	if len(pairs) == 0 {
		return errNoCertificate
	}
	c.pairs.Store(&pairs)
	return nil
}

// look gives what tells whether the files change; a link, as certbot makes them,
// is followed.
func look(l configs.Listener) (seen []fs.FileInfo) {
	for _, p := range l.KeyPairs() {
		for _, file := range []string{p.Certificate, p.Key} {
			info, err := os.Stat(file)
			if err != nil {
				info = nil
			}
			seen = append(seen, info)
		}
	}
	return seen
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// renew reads files that have changed, and those again that could not be used. It
// reports whether they have changed since it was last called; where err is not
// nil the certificates that were read before stay.
func (c *certificates) renew() (changed bool, err error) {
	now := look(c.listener)
	changed = !slices.EqualFunc(now, c.seen, sameFile)
	c.seen = now
	if changed || c.broken {
		err = c.load()
		changed, c.broken = changed || err == nil, err != nil
	}
	return changed, err
}

// choose gives the first certificate that the device can use: by the name that it
// asks for (SNI, RFC 6066 §3), and by what it knows of RSA and ECDSA. Where it can
// use none it gets the first.
func (c *certificates) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	pairs := *c.pairs.Load()
	for i := range pairs {
		if hello.SupportsCertificate(&pairs[i]) == nil {
			return &pairs[i], nil
		}
	}
	return &pairs[0], nil
}

// keepCertificates reads certificates again whose files have changed, until the
// server closes. Where they cannot be used the old ones stay.
func (s *Server) keepCertificates() {
	ticker := time.NewTicker(certificateInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.draining.Done():
			return
		case <-ticker.C:
		}
		// A file that does not answer must not keep the server from closing.
		renewed := make(chan struct{})
		go func() { s.renewCertificates(); close(renewed) }()
		select {
		case <-s.draining.Done():
			return
		case <-renewed:
		}
	}
}

func (s *Server) renewCertificates() {
	s.mu.Lock()
	gen := s.current
	s.mu.Unlock()
	if gen == nil {
		return
	}
	for name, c := range gen.certificates {
		changed, err := c.renew()
		if !changed {
			continue
		}
		if err != nil {
			s.log.Warn("a certificate's files have changed but cannot be used; the previous certificate stays in use", "listener", name, "cause", err)
			continue
		}
		leaf := (*c.pairs.Load())[0].Leaf
		s.log.Info("certificates were read again", "listener", name, "certificate", c.listener.KeyPairs()[0].Certificate, "expires", leaf.NotAfter.UTC().Format(time.DateOnly))
	}
}
