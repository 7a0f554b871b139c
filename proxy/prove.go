package proxy

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// provedMax is how many proofs are remembered at the same time; each costs about
// 100 octets.
const provedMax = 100_000

// proved remembers which passwords another upstream has taken, so that not each
// poll has to ask it. It holds keyed hashes, and no password.
type proved struct {
	mu    sync.Mutex
	until map[[sha256.Size]byte]time.Time
}

func newProved() *proved { return &proved{until: make(map[[sha256.Size]byte]time.Time)} }

func (p *proved) has(sum [sha256.Size]byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.until[sum])
}

// keep remembers a proof for a time. Where there are too many, any other goes.
func (p *proved) keep(sum [sha256.Size]byte, long time.Duration) {
	if long <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until[sum] = time.Now().Add(long)
	for other := range p.until {
		if len(p.until) <= provedMax {
			return
		}
		if other != sum {
			delete(p.until, other)
		}
	}
}

// ForgetProofs has every password be shown again to the upstream that knows it
// (upstream.verify_login), after an account was logged out: the hashes do not tell
// whose they are.
func (s *Server) ForgetProofs() {
	s.proved.mu.Lock()
	defer s.proved.mu.Unlock()
	clear(s.proved.until)
}

// prove shows a device's password to the upstream that knows it
// (upstream.verify_login), where its own does not yet and is entered as a master
// user. What is left is nothing for its own to check.
func (s *session) prove(ctx context.Context, o *open, with onward) (onward, error) {
	name := o.Upstream.VerifyLogin
	if name == "" || with.password.Empty() {
		return with, nil
	}
	d, err := route.On(s.config.Config, name, o.Account)
	if err != nil {
		return with, translate.Permanent(err)
	}
	sum := s.server.known.sum(name+"\x00"+d.UpstreamLogin, with.password.Reveal())
	if s.server.proved.has(sum) {
		return onward{}, nil
	}
	if err := s.try(ctx, d, o, with.password); err != nil {
		return with, err
	}
	s.server.proved.keep(sum, d.Upstream.Reauth)
	return onward{}, nil
}

// try logs in at an upstream, for nothing but to see whether it lets the device in.
func (s *session) try(ctx context.Context, d route.Target, o *open, password configs.Secret) error {
	d.Upstream.Reuse = 0
	d.Maildrop.OnDelete = translate.DeleteHide // no mailbox for deleted messages is looked for
	mailbox, err := s.server.backend.OpenMailbox(ctx, Request{
		Upstream: d.Upstream, Maildrop: d.Maildrop, Account: d.UpstreamLogin, Owner: o.Login, Password: password, Client: s.client, Log: s.log,
	})
	if err != nil {
		if provenInUse(err) {
			return nil
		}
		return err
	}
	if err := mailbox.Close(); err != nil {
		s.log.Debug("closing the mailbox of a login that was only to be proved", "upstream", d.Upstream.Name, "error", err)
	}
	return nil
}

// provenInUse reports whether an old server has refused a login for nothing but
// another session, which it says only after good credentials (RFC 2449 §8.1.2). The
// response code counts alone, and only in answer to the password: a greeting, the
// answer to a name, or words that speak of a lock may come to whatever password.
func provenInUse(err error) bool {
	var said *pop3.ReplyError
	return errors.As(err, &said) && said.Code == translate.CodeInUse && (said.Command == "PASS" || said.Command == "AUTH")
}
