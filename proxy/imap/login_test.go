package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

var ctx = context.Background()

func TestGreeting(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		preauth      bool
		status       string
		broken       bool
	}{
		{"ok", "S: * OK hello", false, "", false},
		{"lower case", "S: * ok hello", false, "", false},
		{"no text", "S: * OK", false, "", false},
		{"preauth", "S: * PREAUTH hello", true, "", false},
		{"bye", "S: * BYE [UNAVAILABLE] later", false, "BYE", true},
		{"nonsense", "S: SSH-2.0-OpenSSH", false, "", true},
		{"tagged", "S: A1 OK hello", false, "", true},
		{"untagged no", "S: * NO hello", false, "", true},
		{"cut", "s: * OK hel\nCUT", false, "", true},
		{"nothing", "CUT", false, "", true},
		{"bare line feed", `s: * OK hello\n`, false, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := New(ctx, serve(t, tc.script, nil), withHang(Options{}))
			if (err != nil) != tc.broken {
				t.Fatalf("error %v, want one: %v", err, tc.broken)
			}
			if tc.status != "" {
				wantStatus(t, err, tc.status, "UNAVAILABLE")
			}
			if c != nil && c.Preauth() != tc.preauth {
				t.Errorf("Preauth() = %v", c.Preauth())
			}
		})
	}
}

func TestCapabilitiesAreAskedOnlyIfNotSaid(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 LOGIN "u" "p"
	S: * CAPABILITY imap4REV1 uidplus
	S: A1 OK in
	C: A2 AUTHENTICATE PLAIN
	S: A2 NO no
	C: A3 LOGIN "u" "p"
	S: A3 OK [CAPABILITY IMAP4rev1 MOVE] in
	C: A4 LOGIN "u" "p"
	S: A4 OK in
	C: A5 CAPABILITY
	S: * CAPABILITY IMAP4rev1 IDLE 
	S: A5 OK done`)
	has := func(want goimap.Cap) {
		t.Helper()
		caps, err := c.Capabilities(ctx)
		if err != nil || !caps.Has(want) || !caps.Has(goimap.CapIMAP4rev1) {
			t.Errorf("capabilities %v (%v), want %s", caps, err, want)
		}
	}
	check(t, c.Login(ctx, "u", "p"))
	has(goimap.CapUIDPlus)
	wantStatus(t, c.Authenticate(ctx, "PLAIN", nil, nil), "NO", "")
	check(t, c.Login(ctx, "u", "p"))
	has(goimap.CapMove)
	check(t, c.Login(ctx, "u", "p"))
	has(goimap.CapIdle)
}

func TestLoginStrings(t *testing.T) {
	for _, tc := range []struct{ name, caps, user, password, script string }{
		{"plain", "", "u@example.org", "p w", `C: A1 LOGIN "u@example.org" "p w"`},
		{"quote and backslash", "", `u"x`, `p\`, "C: A1 LOGIN {3}\nS: + go\nC: u\"x {2}\nS: + go\nC: p\\"},
		{"eight bits", "", "u", "gr\u00fc\u00df", "C: A1 LOGIN \"u\" {6}\nS: + \nC: gr\u00fc\u00df"},
		{"literal+", " LITERAL+", "u", "\x80", "C: A1 LOGIN \"u\" {1}\nS: +\nC: \x80"},
		{"literal-", " LITERAL-", "u", "\x80", "C: A1 LOGIN \"u\" {1}\nS: +\nC: \x80"},
		{"literal- long", " LITERAL-", "u", strings.Repeat("x", 4097), "C: A1 LOGIN \"u\" {4097}\nS: +\nC: " + strings.Repeat("x", 4097)},
		{"empty", "", "u", "", `C: A1 LOGIN "u" ""`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1"+tc.caps+"] hi\n"+tc.script+"\nS: A1 OK in")
			check(t, c.Login(ctx, tc.user, tc.password))
		})
	}
}

// TestInjection: nothing that could be read as a second command is ever sent.
func TestInjection(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A99 NOOP\nS: A99 OK")
	for _, bad := range []string{"a\r\nA2 DELETE INBOX", "a\nb", "a\rb", "a\x00b"} {
		for name, err := range map[string]error{
			"user":      c.Login(ctx, bad, "p"),
			"password":  c.Login(ctx, "u", bad),
			"create":    c.Create(ctx, bad, ""),
			"mechanism": c.Authenticate(ctx, bad, nil, nil),
			"flag":      c.Store(ctx, goimap.UIDSetNum(1), true, goimap.Flag(bad)),
			"criteria":  second(c.Search(ctx, bad)),
			"select":    second(c.Select(ctx, bad, SelectOptions{})),
			"status":    second(c.Status(ctx, bad)),
			"list":      second(c.List(ctx, "", bad, ListOptions{})),
			"copy":      second(c.Copy(ctx, goimap.UIDSetNum(1), bad)),
			"append":    second(c.Append(ctx, bad, nil, anyDate, 0, strings.NewReader(""))),
			"id":        second(c.ID(ctx, map[string]string{"name": bad})),
			"field":     c.Fetch(ctx, goimap.UIDSetNum(1), Items{HeaderFields: []string{bad}}, nil),
			"section":   second(c.StartBody(ctx, 1, Section{Specifier: bad})),
		} {
			if !errors.Is(err, ErrUnsafeString) {
				t.Errorf("%s with %q: error %v", name, bad, err)
			}
		}
	}
	for _, bad := range []string{"a b", "(", ")", "", `"`, "x]", "ü"} {
		if err := c.Store(ctx, goimap.UIDSetNum(1), true, goimap.Flag(bad)); !errors.Is(err, ErrUnsafeString) {
			t.Errorf("flag %q: error %v", bad, err)
		}
	}
	c.tags = 98
	check(t, c.Noop(ctx))
}

func second[T any](_ T, err error) error { return err }

func TestLoginDisabled(t *testing.T) {
	c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi")
	if err := c.Login(ctx, "u", "p"); !errors.Is(err, ErrLoginDisabled) {
		t.Errorf("error %v", err)
	}
}

func TestLoginAnswers(t *testing.T) {
	for _, tc := range []struct{ name, answer, typ, code string }{
		{"no code", "A1 NO wrong", "NO", ""},
		{"code in lower case", "A1 no [authenticationfailed] wrong", "NO", "AUTHENTICATIONFAILED"},
		{"code with an argument", "A1 NO [REFERRAL imap://x/] wrong", "NO", "REFERRAL"},
		{"bad", "A1 BAD what", "BAD", ""},
		{"bye", "* BYE [UNAVAILABLE] later", "BYE", "UNAVAILABLE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+"C: A1 LOGIN \"u\" \"p\"\nS: "+tc.answer)
			err := c.Login(ctx, "u", "p")
			wantStatus(t, err, tc.typ, tc.code)
			if broken := c.Err() != nil; broken != (tc.typ == "BYE") {
				t.Errorf("broken: %v", broken)
			}
		})
	}
}

// TestEarlyOK: an OK before the password has gone out is not a login.
func TestEarlyOK(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 LOGIN \"u\" {1}\nS: A1 OK welcome")
	wantBroken(t, c, c.Login(ctx, "u", "\x80"))
}

func TestRefusedLiteral(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 LOGIN \"u\" {1}\nS: A1 NO [LIMIT] too long\nC: A2 NOOP\nS: A2 OK")
	wantStatus(t, c.Login(ctx, "u", "\x80"), "NO", "LIMIT")
	check(t, c.Noop(ctx))
}

func TestAuthenticate(t *testing.T) {
	secret := []byte("\x00user\x00secret")
	t.Run("initial response", func(t *testing.T) {
		c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\nC: A1 AUTHENTICATE PLAIN AHVzZXIAc2VjcmV0\nS: A1 OK in")
		check(t, c.Authenticate(ctx, "PLAIN", secret, nil))
	})
	t.Run("empty initial response", func(t *testing.T) {
		c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\nC: A1 AUTHENTICATE EXTERNAL =\nS: A1 OK in")
		check(t, c.Authenticate(ctx, "EXTERNAL", []byte{}, nil))
	})
	t.Run("without SASL-IR", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 AUTHENTICATE PLAIN\nS: +\nC: AHVzZXIAc2VjcmV0\nS: A1 OK in")
		check(t, c.Authenticate(ctx, "PLAIN", secret, nil))
	})
	t.Run("long initial response", func(t *testing.T) {
		long := strings.Repeat("x", 6000)
		c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\nC: A1 AUTHENTICATE XOAUTH2\nS: +\nC: "+strings.Repeat("eHh4", 2000)+"\nS: A1 OK in")
		check(t, c.Authenticate(ctx, "XOAUTH2", []byte(long), nil))
	})
	t.Run("challenges", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cHc=\nS: A1 OK in")
		check(t, c.Authenticate(ctx, "LOGIN", nil, func(challenge []byte) ([]byte, error) {
			return []byte(map[string]string{"Username:": "user", "Password:": "pw"}[string(challenge)]), nil
		}))
	})
	t.Run("refused", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 AUTHENTICATE PLAIN\nS: + \nC: AHVzZXIAc2VjcmV0\nS: A1 NO [AUTHENTICATIONFAILED] no\nC: A2 NOOP\nS: A2 OK")
		wantStatus(t, c.Authenticate(ctx, "PLAIN", secret, nil), "NO", "AUTHENTICATIONFAILED")
		check(t, c.Noop(ctx))
	})
	t.Run("our side fails", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 AUTHENTICATE X\nS: + YQ==\nC: *")
		err := c.Authenticate(ctx, "X", nil, func([]byte) ([]byte, error) { return nil, io.ErrClosedPipe })
		if !errors.Is(err, io.ErrClosedPipe) || !errors.Is(c.Noop(ctx), io.ErrClosedPipe) {
			t.Errorf("error %v, then %v", err, c.Err())
		}
	})
	t.Run("a challenge too many", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 AUTHENTICATE PLAIN\nS: + \nC: AHVzZXIAc2VjcmV0\nS: + YQ==\nC: *")
		if err := c.Authenticate(ctx, "PLAIN", secret, nil); err == nil || c.Err() == nil {
			t.Errorf("error %v, sticky %v", err, c.Err())
		}
	})
	t.Run("initial response overlooked", func(t *testing.T) {
		c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\nC: A1 AUTHENTICATE PLAIN AHVzZXIAc2VjcmV0\nS: + \nC: AHVzZXIAc2VjcmV0\nS: A1 OK in")
		check(t, c.Authenticate(ctx, "PLAIN", secret, nil))
	})
	for name, after := range map[string]string{"twice": "S: + \nC: AHVzZXIAc2VjcmV0\nS: + \nC: *", "and a challenge": "S: + YQ==\nC: *"} {
		t.Run("initial response overlooked "+name, func(t *testing.T) {
			c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\nC: A1 AUTHENTICATE PLAIN AHVzZXIAc2VjcmV0\n"+after)
			if err := c.Authenticate(ctx, "PLAIN", secret, nil); err == nil || c.Err() == nil {
				t.Errorf("error %v, sticky %v", err, c.Err())
			}
		})
	}
	t.Run("not base64", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 AUTHENTICATE X\nS: + ???")
		wantBroken(t, c, c.Authenticate(ctx, "X", nil, func([]byte) ([]byte, error) { return nil, nil }))
	})
}

// TestSecretsAreNotShown: neither in what we send, nor in a challenge, nor where a server repeats them.
func TestSecretsAreNotShown(t *testing.T) {
	var seen strings.Builder
	o := Options{Trace: func(dir, line string) { seen.WriteString(dir + ": " + line + "\n") }, Alert: func(s string) { seen.WriteString(s) }}
	c := dial(t, o, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\n"+`
	C: A1 LOGIN "user" "hunter22"
	S: * BAD [ALERT] cannot read LOGIN user hunter22
	S: A1 NO LOGIN user hunter22
	C: A2 AUTHENTICATE PLAIN AHVzZXIAaHVudGVyMjI=
	S: + aHVudGVyMjI=
	C: aHVudGVyMjI=
	S: A2 BAD AHVzZXIAaHVudGVyMjI= hunter22
	C: A3 LOGIN "user" {9}
	S: + go on
	C: hunter22"
	S: A3 OK in`)
	errs := []error{
		c.Login(ctx, "user", "hunter22"),
		c.Authenticate(ctx, "PLAIN", []byte("\x00user\x00hunter22"), func([]byte) ([]byte, error) { return []byte("hunter22"), nil }),
	}
	check(t, c.Login(ctx, "user", `hunter22"`))
	text := seen.String() + errs[0].Error() + errs[1].Error()
	for _, secret := range []string{"hunter22", "aHVudGVyMjI", "AHVzZXIAaHVudGVyMjI"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is shown in\n%s", secret, text)
		}
	}
	for _, want := range []string{`C: A1 LOGIN "user" <redacted>`, "S: A1 NO LOGIN user <redacted>", "C: A2 AUTHENTICATE PLAIN <redacted>", "S: + <redacted>", `C: A3 LOGIN "user" {9}` + "\nS: +"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown in\n%s", want, text)
		}
	}
}

// TestSecretsAreNotShownLater: what a server repeats long after the login is hidden as well, names are not, and a short password takes
// with it the text that it could be read from.
func TestSecretsAreNotShownLater(t *testing.T) {
	for _, c := range []struct{ password, command, show string }{
		{"hunter22", `C: A1 LOGIN "robin" "hunter22"`, "later <redacted> of robin"},
		{"cat", `C: A1 LOGIN "robin" "cat"`, "<redacted>"},
		{"hunter22", "C: A1 AUTHENTICATE PLAIN AHJvYmluAGh1bnRlcjIy", "later <redacted> of robin"},
		{"cat", "C: A1 AUTHENTICATE PLAIN AHJvYmluAGNhdA==", "<redacted>"},
	} {
		var seen strings.Builder
		o := Options{Trace: func(dir, line string) { seen.WriteString(dir + ": " + line + "\n") }, Alert: func(s string) { seen.WriteString(s + "\n") }}
		conn := dial(t, o, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR] hi\n"+c.command+`
	S: A1 OK in
	C: A2 NOOP
	S: * OK [ALERT] later `+c.password+` of robin
	S: A2 NO later `+c.password+` of robin
	C: A3 NOOP
	S: * BYE later `+c.password+` of robin
	CUT`)
		if strings.Contains(c.command, "PLAIN") {
			check(t, conn.Authenticate(ctx, "PLAIN", []byte("\x00robin\x00"+c.password), nil))
		} else {
			check(t, conn.Login(ctx, "robin", c.password))
		}
		for range 2 {
			seen.WriteString(conn.Noop(ctx).Error() + "\n")
		}
		if strings.Contains(seen.String(), c.password) || strings.Count(seen.String(), c.show) < 6 ||
			len(c.password) < 4 && strings.Contains(seen.String(), "later") {
			t.Errorf("%s: shown is\n%s", c.command, seen.String())
		}
	}
}

func TestID(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 ID ("a" "1" "name" "x")
	S: * ID ("name" NIL "v]" {3}
	S: 2)3 other "z")
	S: A1 OK
	C: A2 ID NIL
	S: * ID NIL
	S: A2 OK`)
	id, err := c.ID(ctx, map[string]string{"name": "x", "a": "1"})
	check(t, err)
	if want := map[string]string{"name": "", "v]": "2)3", "other": "z"}; !maps.Equal(id, want) {
		t.Errorf("ID %q, want %q", id, want)
	}
	if id, err := c.ID(ctx, nil); id != nil || err != nil {
		t.Errorf("ID %v, %v", id, err)
	}
}

func TestLogout(t *testing.T) {
	for name, end := range map[string]string{"tagged": "S: * BYE bye\nS: A1 OK", "cut behind BYE": "S: * BYE bye\nCUT"} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+"C: A1 LOGOUT\n"+end)
			check(t, c.Logout(ctx))
			if !errors.Is(c.Noop(ctx), ErrClosed) && c.parted == false {
				t.Error("not closed")
			}
			if c.Err() == nil {
				t.Error("the connection is still usable")
			}
		})
	}
	c := dial(t, Options{}, greeted+"C: A1 LOGOUT\nCUT")
	if err := c.Logout(ctx); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

// TestLoginQuoted: every octet but CR, LF and NUL may go in quotes, and the password is shown to nobody.
func TestLoginQuoted(t *testing.T) {
	var trace strings.Builder
	c := dial(t, Options{Trace: func(dir, line string) { fmt.Fprintln(&trace, dir, line) }}, greeted+`C: A1 LOGIN "alice" {8}
	S: A1 BAD LOGIN parameters error
	C: A2 LOGIN "al\"ice" "`+"pa\\\"ss\\\\w\xe4"+`"
	S: A2 OK`)
	const password = "pa\"ss\\w\xe4"
	err := c.Login(ctx, "alice", password)
	if !errors.Is(err, ErrLiteralRefused) {
		t.Errorf("Login: %v", err)
	}
	wantStatus(t, err, "BAD", "")
	check(t, c.LoginQuoted(ctx, `al"ice`, password))
	if strings.Contains(trace.String(), "ss") {
		t.Errorf("traced: %s", &trace)
	}
}

// TestLiteralRefusedWithCode says more than that the literal is not liked: the password must not follow in quotes.
func TestLiteralRefusedWithCode(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 LOGIN \"alice\" {1}\nS: A1 NO [PRIVACYREQUIRED] no")
	if err := c.Login(ctx, "alice", `"`); errors.Is(err, ErrLiteralRefused) {
		t.Errorf("Login: %v", err)
	}
}

// TestLiteralRefusedBesides: where a literal is refused in other ways that speak of no password, quotes may do.
func TestLiteralRefusedBesides(t *testing.T) {
	for name, script := range map[string]string{
		"NO CLIENTBUG": "S: A1 NO [CLIENTBUG] no literals",
		"NO CANNOT":    "S: A1 NO [CANNOT] no literals",
		"BAD behind":   "S: + go on\nC: \"\nS: A1 BAD LOGIN parameters error",
	} {
		c := dial(t, Options{}, greeted+"C: A1 LOGIN \"alice\" {1}\n"+script)
		if err := c.Login(ctx, "alice", `"`); !errors.Is(err, ErrLiteralRefused) {
			t.Errorf("%s: Login: %v", name, err)
		}
	}
	c := dial(t, Options{}, greeted+"C: A1 LOGIN \"alice\" {1}\nS: + go on\nC: \"\nS: A1 NO wrong password")
	if err := c.Login(ctx, "alice", `"`); errors.Is(err, ErrLiteralRefused) {
		t.Errorf("a NO to the password: %v", err)
	}
}

// TestWithout: what another capability implies can be given up, and what else that implies stays.
func TestWithout(t *testing.T) {
	for _, c := range []struct {
		announced, without goimap.Cap
		stays, goes        []goimap.Cap
	}{
		{goimap.CapIMAP4rev2, goimap.CapNamespace, []goimap.Cap{goimap.CapUIDPlus, goimap.CapMove, goimap.CapESearch}, []goimap.Cap{goimap.CapNamespace}},
		{goimap.CapIMAP4rev2, goimap.CapMove, []goimap.Cap{goimap.CapUIDPlus, goimap.CapNamespace}, []goimap.Cap{goimap.CapMove}},
		{goimap.CapQResync, goimap.CapCondStore, nil, []goimap.Cap{goimap.CapCondStore}},
		{goimap.CapQResync, goimap.CapQResync, nil, []goimap.Cap{goimap.CapQResync}},
		{goimap.CapLiteralPlus, goimap.CapLiteralPlus, nil, []goimap.Cap{goimap.CapLiteralPlus}},
	} {
		less := Without(goimap.CapSet{c.announced: {}, "ID": {}}, c.without)
		for _, stays := range append(c.stays, "ID") {
			if !less.Has(stays) {
				t.Errorf("%s without %s: %s is gone", c.announced, c.without, stays)
			}
		}
		for _, goes := range c.goes {
			if less.Has(goes) {
				t.Errorf("%s without %s: %s is there", c.announced, c.without, goes)
			}
		}
	}
}

// TestForgo: a capability that is given up stays so when the server names it again, until it is taken back; LOGINDISABLED never is.
func TestForgo(t *testing.T) {
	c := dial(t, Options{Ignore: []string{"namespace", "LOGINDISABLED"}}, "S: * OK [CAPABILITY IMAP4rev1 NAMESPACE LOGINDISABLED ID MOVE] ready\nC: A1 NOOP\nS: * CAPABILITY IMAP4rev1 NAMESPACE MOVE ID\nS: A1 OK")
	has := func(want string) {
		t.Helper()
		caps, err := c.Capabilities(ctx)
		check(t, err)
		got := ""
		for _, name := range []goimap.Cap{"NAMESPACE", "LOGINDISABLED", "ID", "MOVE"} {
			if caps.Has(name) {
				got += string(name) + " "
			}
		}
		if got != want {
			t.Errorf("announced: %q, want %q", got, want)
		}
	}
	has("LOGINDISABLED ID MOVE ")
	restore := c.Forgo("MOVE")
	has("LOGINDISABLED ID ")
	restore()
	has("LOGINDISABLED ID MOVE ")
	c.Forgo("ID")
	check(t, c.Noop(ctx))
	has("MOVE ")
}
