package sasl

import (
	"crypto/rand"
	"errors"

	"github.com/xdg-go/scram"

	"popbridge/configs"
	"popbridge/translate"
)

// ErrDevicePassword is why a credential lets nobody in that should have shown a
// device password.
var ErrDevicePassword = errors.New("wrong device password")

// offerSCRAM: SCRAM can prove a device password only. Where logins may come with
// an upstream password too it is not announced, or clients would fail with it that
// have one.
func offerSCRAM(t Terms) (usable, announced bool) {
	if t.Keyring == nil {
		return false, false
	}
	announced = true
	for _, r := range t.Routes() {
		usable = usable || r.Login != configs.LoginUpstream
		announced = announced && r.Login == configs.LoginDevice
	}
	return usable, announced
}

// scramSHA256 is SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. The
// device proves a device password without sending it. Any of an account's device
// passwords may be the one: they have the same salt, so the exchange is the same
// for each up to the last message, and that is held against one after the other.
type scramSHA256 struct {
	find         func(name string) (translate.Keyring, translate.Login, error)
	nonce        string
	first        string // the device's first message
	name, device string
	keys         translate.Keyring
	asked        bool // for the proof
	proof        *Proof
}

func newSCRAM(t Terms) Exchange { return &scramSHA256{find: t.Keyring, nonce: rand.Text()} }

func (x *scramSHA256) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return nil, false, nil
	case x.proof != nil:
		// POP3's +OK holds no data, so the server's signature was a challenge of its
		// own, and the answer to it is empty (RFC 5034 §4).
		return nil, true, nil
	case x.asked:
		signature := x.end(string(response))
		return []byte(signature), x.proof.Err != nil, nil
	}
	x.first, x.asked = string(response), true
	text, err := x.begin()
	switch {
	case err != nil && x.name == "":
		return nil, false, syntax("that is not how SCRAM-SHA-256 begins")
	case err != nil:
		x.proof = &Proof{Err: err}
		return nil, true, nil
	}
	return []byte(text), false, nil
}

func (x *scramSHA256) Credential() Credential { return Credential{Name: x.name, Proof: x.proof} }

// begin gives the challenge, which an unknown account gets like a known one.
func (x *scramSHA256) begin() (challenge string, err error) {
	_, challenge, err = x.converse(func(name string) (v translate.Verifier, err error) {
		x.name = name
		keys, login, err := x.find(name)
		x.keys, x.device = keys, login.Device
		return v, err
	})
	return challenge, err
}

// end takes the device's last message, notes what it proves, and gives the server's
// signature.
func (x *scramSHA256) end(final string) (signature string) {
	for _, p := range x.keys.For(x.device) {
		signature, valid, err := x.step(final, p)
		switch {
		case err != nil:
			x.proof = &Proof{Err: err}
			return ""
		case valid:
			x.proof = &Proof{Password: p}
			return signature
		}
	}
	x.proof = &Proof{Err: translate.BadCredentials(NoDevicePassword(x.keys, x.device, func(p translate.DevicePassword) bool {
		_, valid, err := x.step(final, p)
		return err == nil && valid
	}))}
	return ""
}

// step reports whether the device's last message proves a password.
func (x *scramSHA256) step(final string, p translate.DevicePassword) (signature string, valid bool, err error) {
	c, _, err := x.converse(func(string) (translate.Verifier, error) { return p.Verifier, nil })
	if err != nil {
		return "", false, err
	}
	signature, err = c.Step(final)
	return signature, err == nil && c.Valid(), nil
}

// converse is a conversation up to the challenge.
func (x *scramSHA256) converse(verifier func(name string) (translate.Verifier, error)) (*scram.ServerConversation, string, error) {
	server, err := scram.SHA256.NewServer(func(name string) (scram.StoredCredentials, error) {
		v, err := verifier(name)
		return scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(x.keys.Salt), Iters: x.keys.Iterations},
			StoredKey:  v.StoredKey[:], ServerKey: v.ServerKey[:],
		}, err
	})
	if err != nil {
		return nil, "", err
	}
	c := server.WithNonceGenerator(func() string { return x.nonce }).NewConversation()
	challenge, err := c.Step(x.first)
	if err == nil && c.AuthzID() != "" && c.AuthzID() != x.name {
		err = translate.BadCredentials(errSomebodyElse)
	}
	return c, challenge, err
}
