package proxy

import (
	"encoding/base64"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/pop3"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// errCancelled and the like are answers to the device within AUTH (RFC 5034 §4).
var (
	errCancelled = &translate.Refusal{Text: "authentication was cancelled"}
	errBase64    = &badCommand{translate.Refusal{Text: "that is not base64"}}
)

// mechanism is one SASL mechanism.
type mechanism struct {
	name string
	run  func(*session, dialogue) error
	// secret says that what the device sends would let others in who read it.
	secret bool
	// offered reports whether a login here may come in by it, and whether it is
	// announced: clients take the best of what is announced, and do not try
	// another where that fails. nil: both.
	offered func(*session) (usable, announced bool)
}

// mechanisms in the order in which they are announced; RFC 1734 leaves the choice
// to the client, and a few take the first.
var mechanisms = []mechanism{
	{"PLAIN", (*session).authPlain, true, nil},
	{"LOGIN", (*session).authLogin, true, nil},
	{"SCRAM-SHA-256", (*session).authSCRAM, false, (*session).offersSCRAM},
	{"CRAM-MD5", (*session).authCRAMMD5, false, (*session).offersDigest},
	{"EXTERNAL", (*session).authExternal, false, (*session).offersExternal},
	{"XOAUTH2", (*session).authXOAUTH2, true, (*session).offersBearer},
	{"OAUTHBEARER", (*session).authOAuthBearer, true, (*session).offersBearer},
}

// announced are the mechanisms that CAPA and AUTH list now.
func (s *session) announced() (names []string) {
	for _, m := range mechanisms {
		if m.secret && !s.passwordAllowed() {
			continue
		}
		if m.offered != nil {
			if usable, announced := m.offered(s); !usable || !announced {
				continue
			}
		}
		names = append(names, m.name)
	}
	return names
}

// mechanism finds one that may be used on this connection; whether it needs
// privacy first is another question.
func (s *session) mechanism(name string) (mechanism, bool) {
	for _, m := range mechanisms {
		if !strings.EqualFold(m.name, name) {
			continue
		}
		if m.offered == nil {
			return m, true
		}
		usable, _ := m.offered(s)
		return m, usable
	}
	return mechanism{}, false
}

// served are the routes that a login on this connection may take and be served.
func (s *session) served() []configs.Route {
	return route.Reachable(s.config.Config, s.listener.Name, s.client)
}

// auth is RFC 5034's AUTH; without a mechanism it lists them, as Outlook and
// Thunderbird expect.
func (s *session) auth(cmd pop3.Command) error {
	fields := cmd.Fields()
	if len(fields) == 0 {
		list := s.conn.Lines("mechanisms follow")
		for _, m := range s.announced() {
			list.Line(m)
		}
		return list.Commit()
	}
	s.user = ""
	m, known := s.mechanism(fields[0])
	if m.secret || !known {
		if err := s.requirePrivacy(); err != nil {
			return err
		}
	}
	switch {
	case len(fields) > 2:
		return usage("AUTH takes a mechanism and an initial response")
	case !known:
		return notOffered("mechanism is not known here")
	}
	d := dialogue{s: s}
	if len(fields) == 2 {
		d.initial = &fields[1]
	}
	return m.run(s, d)
}

// dialogue is one SASL exchange.
type dialogue struct {
	s       *session
	initial *string
}

// first gives the initial response, or asks for it with a challenge. "=" is an
// empty one (RFC 5034 §4).
func (d *dialogue) first(challenge string) ([]byte, error) {
	switch text := d.initial; {
	case text == nil:
		return d.ask(challenge)
	case *text == "=":
		return nil, nil
	default:
		return decode(*text)
	}
}

// ask sends a challenge and decodes the answer.
func (d *dialogue) ask(challenge string) ([]byte, error) {
	s := d.s
	s.conn.Challenge(base64.StdEncoding.EncodeToString([]byte(challenge)))
	s.secret = true
	line, err := s.conn.ReadLine(pop3.MaxSASL)
	s.secret = false
	if err != nil {
		s.readFailed(err)
		return nil, brokenBody{err}
	}
	text := strings.TrimRight(string(line), " \t")
	if text == "*" {
		return nil, errCancelled
	}
	return decode(text)
}

func decode(text string) ([]byte, error) {
	octets, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, errBase64
	}
	return octets, nil
}
