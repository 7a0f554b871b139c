package proxy

import (
	"crypto/rand"

	"github.com/xdg-go/scram"

	"popbridge/configs"
	"popbridge/translate"
)

// offersSCRAM: SCRAM can prove a device password only. Where logins may come with
// an upstream password too it is not announced, or clients would fail with it that
// have one.
func (s *session) offersSCRAM() (usable, announced bool) {
	if s.server.backend.DevicePasswords == nil {
		return false, false
	}
	announced = true
	for _, r := range s.served() {
		usable = usable || r.Login != configs.LoginUpstream
		announced = announced && r.Login == configs.LoginDevice
	}
	return usable, announced
}

// authSCRAM is SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. The
// device proves a device password without sending it.
func (s *session) authSCRAM(d dialogue) error {
	first, err := d.first("")
	if err != nil {
		return err
	}
	e := scramExchange{s: s, first: string(first), nonce: rand.Text()}
	challenge, err := e.begin()
	if err != nil {
		if e.name == "" {
			return usage("that is not how SCRAM-SHA-256 begins")
		}
		return s.logIn(e.name, credential{proof: &proof{err: err}})
	}
	final, err := d.ask(challenge)
	if err != nil {
		s.brokenOff(e.name)
		return err
	}
	shown, signature := e.end(string(final))
	if shown.err == nil {
		// POP3's +OK holds no data, so the server's signature is a challenge of its
		// own, and the answer to it is empty (RFC 5034 §4).
		if _, err := d.ask(signature); err != nil {
			return err
		}
	}
	return s.logIn(e.name, credential{proof: &shown})
}

// brokenOff counts an exchange that the device began and did not end, against its
// address: it has cost a look into the ledger, and whoever asks on has no other end
// in mind. The answer is held back as that to a failed login is.
func (s *session) brokenOff(name string) {
	s.meter.Login("", false, translate.CodeAuth, 0)
	s.server.seldom.say(s.log.Warn, s.client, "a SCRAM dialogue was broken off by the device", "user", shown(name), "listener", s.listener.Name)
	s.holdBack(s.server.guard.fail(guessLimits(s.config.Limits, s.client), s.client))
}

// scramExchange is one exchange. Any of an account's device passwords may be what
// the device proves: they have the same salt, so the exchange is the same for each
// up to the last message, and that is held against one after the other.
type scramExchange struct {
	s            *session
	first, nonce string
	name         string
	device       string
	keys         translate.Keyring
}

// begin takes the device's first message and gives the challenge, which an unknown
// account gets like a known one.
func (e *scramExchange) begin() (challenge string, err error) {
	_, challenge, err = e.converse(func(name string) (v translate.Verifier, err error) {
		e.name = name
		login, err := e.s.rules().Parse(name)
		if err != nil {
			return v, translate.BadCredentials(err)
		}
		if s := e.s; s.server.guard.spent(guessLimits(s.config.Limits, s.client), s.client) {
			return v, translate.Temporary(errAddressGuesses) // the login will say so, without a look
		}
		e.device = login.Device
		ctx, cancel := e.s.untilLogin()
		defer cancel()
		e.keys, err = e.s.server.backend.DevicePasswords.Keyring(ctx, login.Account)
		return v, err
	})
	return challenge, err
}

// end takes the device's last message, and gives what it proves and the server's
// signature.
func (e *scramExchange) end(final string) (proof, string) {
	for _, p := range e.keys.For(e.device) {
		c, _, err := e.converse(func(string) (translate.Verifier, error) { return p.Verifier, nil })
		if err != nil {
			return proof{err: err}, ""
		}
		if signature, err := c.Step(final); err == nil && c.Valid() {
			return proof{password: p}, signature
		}
	}
	return proof{err: translate.BadCredentials(errDevicePassword)}, ""
}

// converse is a conversation up to the challenge.
func (e *scramExchange) converse(verifier func(name string) (translate.Verifier, error)) (*scram.ServerConversation, string, error) {
	server, err := scram.SHA256.NewServer(func(name string) (scram.StoredCredentials, error) {
		v, err := verifier(name)
		return scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(e.keys.Salt), Iters: e.keys.Iterations},
			StoredKey:  v.StoredKey[:], ServerKey: v.ServerKey[:],
		}, err
	})
	if err != nil {
		return nil, "", err
	}
	c := server.WithNonceGenerator(func() string { return e.nonce }).NewConversation()
	challenge, err := c.Step(e.first)
	if err == nil && c.AuthzID() != "" && c.AuthzID() != e.name {
		err = translate.BadCredentials(errSomebodyElse)
	}
	return c, challenge, err
}
