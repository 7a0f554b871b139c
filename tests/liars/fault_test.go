package liars_test

import (
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// fault is one way in which an upstream misbehaves, and what must come of it.
type fault struct {
	name string
	actor
	o     liars.Options
	rules []liars.Rule
	// before a session without the fault goes first, so that the listing and
	// the password are known.
	before bool
	// login is how the answer to PASS begins; +OK where empty.
	login string
	// then is what the device says and hears after a login; "cut" is RETR 1 and
	// an answer that never ends, "refused" RETR 1 and -ERR.
	then string
	// log is what one line of the log has to say, beside the upstream's name.
	log string
	// lasting faults do not go away with the rules.
	lasting bool
}

// play runs the faults of a table behind one popbridge, side by side.
func play(t *testing.T, faults []fault) {
	actors := make([]*actor, 0, len(faults)+1)
	for i := range faults {
		f := &faults[i]
		if f.server == nil {
			f.server = liars.New(t, f.o)
		}
		actors = append(actors, &f.actor)
	}
	honest := &actor{server: liars.New(t, liars.Options{})}
	s := newStage(t, append(actors, honest))
	s.healthy(t, honest)
	t.Run("faults", func(t *testing.T) {
		for i := range faults {
			f := &faults[i]
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				f.play(t, s)
			})
		}
	})
	s.healthy(t, honest)
}

// playInModes is play with every connection used once and nothing read ahead, and
// with connections that are used again and messages that are read ahead: what a
// device gets is the same.
func playInModes(t *testing.T, faults []fault) {
	for name, set := range map[string]func(*actor){
		"plain": func(a *actor) { a.reuse, a.single = "0s", true },
		"fast":  func(a *actor) { a.reuse = "5m" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := slices.Clone(faults)
			for i := range faults {
				set(&faults[i].actor)
			}
			play(t, faults)
		})
	}
}

func (f *fault) play(t *testing.T, s *stage) {
	if f.before {
		s.healthy(t, &f.actor)
		f.server.Hangup() // what is parked would not be lied to at SELECT
	}
	f.server.Lie(f.rules...)
	d := s.dial(t)
	got, want := d.pass(f.user()), orElse(f.login, "+OK ")
	if !strings.HasPrefix(got, want) {
		t.Errorf("PASS: got %q, want %q", got, want)
	}
	switch {
	case strings.HasPrefix(got, "-ERR"):
	case f.then == "refused":
		if got, _ := d.command("RETR 1", true); !strings.HasPrefix(got, temp) {
			t.Errorf("RETR 1: got %q, want %q", got, temp)
		}
	case f.then == "cut":
		f.cut(t, d)
	default:
		d.Play(f.then)
	}
	d.Cut()
	if f.log != "" {
		s.AwaitLine(f.actor.name, f.log)
	}
	if strings.Contains(d.heard.String(), liars.Words) {
		t.Errorf("the device heard the upstream's own words: %q", d.heard.String())
	}
	f.server.Lie()
	untouched(t, &f.actor)
	polite(t, &f.actor)
	if !f.lasting {
		s.healthy(t, &f.actor)
	}
}

// cut retrieves message 1, whose upstream is to fail behind its first octet.
func (f *fault) cut(t *testing.T, d device) {
	got, terminated := d.command("RETR 1", true)
	if terminated {
		t.Errorf("RETR 1: the device believes that it has an answer: %q", got)
	}
	if strings.Contains(got, "\r\n.\r\n") {
		t.Errorf("RETR 1: a terminator within what was cut: %q", got)
	}
}

const (
	temp = "-ERR [SYS/TEMP] "
	perm = "-ERR [SYS/PERM] "
	auth = "-ERR [AUTH] "
)

// TestLogin: what a login upstream may be answered, and what the device is told.
func TestLogin(t *testing.T) {
	no := func(words string) []liars.Rule { return []liars.Rule{liars.Always("AUTHENTICATE", liars.No(words))} }
	faults := []fault{
		{name: "wrong password", rules: no(""), login: auth, log: "server said NO"},
		{name: "AUTHENTICATIONFAILED", rules: no("[AUTHENTICATIONFAILED]"), login: auth, log: "AUTHENTICATIONFAILED"},
		{name: "AUTHORIZATIONFAILED", rules: no("[AUTHORIZATIONFAILED]"), login: auth, log: "AUTHORIZATIONFAILED"},
		{name: "EXPIRED", rules: no("[EXPIRED]"), login: auth, log: "EXPIRED"},
		{name: "lower case code", rules: no("[authenticationfailed]"), login: auth},
		{name: "UNAVAILABLE", rules: no("[UNAVAILABLE]"), login: temp, log: "UNAVAILABLE"},
		{name: "INUSE", rules: no("[INUSE]"), login: temp, log: "INUSE"},
		{name: "LIMIT", rules: no("[LIMIT]"), login: temp, log: "LIMIT"},
		{name: "SERVERBUG", rules: no("[SERVERBUG]"), login: temp, log: "SERVERBUG"},
		{name: "OVERQUOTA", rules: no("[OVERQUOTA]"), login: temp, log: "OVERQUOTA"},
		{name: "THROTTLED", rules: no("[THROTTLED]"), login: temp, log: "THROTTLED"},
		{name: "CONTACTADMIN", rules: no("[CONTACTADMIN]"), login: perm, log: "CONTACTADMIN"},
		{name: "NOPERM", rules: no("[NOPERM]"), login: perm, log: "NOPERM"},
		{name: "CANNOT", rules: no("[CANNOT]"), login: perm, log: "CANNOT"},
		{name: "PRIVACYREQUIRED", rules: no("[PRIVACYREQUIRED]"), login: perm, log: "PRIVACYREQUIRED"},
		{name: "unknown code", rules: no("[X-FANCY 17 (a b)]"), login: auth, log: "X-FANCY"},
		{name: "Microsoft 365 throttles", rules: no("User is authenticated but not connected."), login: temp},
		{name: "Gmail throttles", rules: no("Too many simultaneous connections. (Failure)"), login: temp},
		{name: "Dovecot throttles", rules: no("Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)"), login: temp},
		{name: "throttled behind a wrong code", rules: no("[AUTHENTICATIONFAILED] Too many login failures, try again later"), login: temp},
		{name: "refused after a success", before: true, rules: no("try"), login: temp},
		{name: "refused with a code after a success", before: true, rules: no("[AUTHENTICATIONFAILED]"), login: auth},
		{name: "BAD", rules: []liars.Rule{liars.Always("AUTHENTICATE", liars.Bad()), liars.Always("LOGIN", liars.Bad())}, login: temp, log: "server said BAD"},
	}
	play(t, faults)
}
