package sasl

import (
	"encoding/base64"
	"errors"
	"testing"

	"popbridge/translate"
)

// says plays a device that says these things in turn, the first as its initial
// response unless it is "-", and gives the challenges and whether the exchange is
// done.
func says(t *testing.T, x Exchange, responses ...string) (challenges []string, done bool, err error) {
	t.Helper()
	for _, r := range responses {
		response := []byte(r)
		if r == "-" {
			response = nil
		}
		var challenge []byte
		if challenge, done, err = x.Next(response); done || err != nil {
			return challenges, done, err
		}
		challenges = append(challenges, string(challenge))
	}
	return challenges, false, nil
}

func TestPlain(t *testing.T) {
	for message, want := range map[string]string{
		"\x00tim\x00tanstaaftanstaaf":    "tim tanstaaftanstaaf", // RFC 4616 §4
		"tim\x00tim\x00tanstaaf":         "tim tanstaaf",
		"Ursel\x00Kurt\x00xipj3plmq":     "Kurt  never", // for somebody else
		"tim\x00tanstaaf":                "",
		"\x00\x00tanstaaf":               "",
		"\x00tim\x00tan\x00staaf":        "tim  never",
		"":                               "",
		"\x00m\u00fcller\x00 p\u00e4ss ": "m\u00fcller  p\u00e4ss ",
	} {
		x := &plain{}
		_, done, err := says(t, x, "-", message)
		got := ""
		if done {
			c := x.Credential()
			if got = c.Name + " " + c.Password.Reveal(); c.Never != nil {
				got += " never"
			}
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", message, got, err, want)
		}
	}
}

func TestLogin(t *testing.T) {
	for _, initial := range []bool{true, false} {
		responses := []string{"alice", "wonder land"}
		if !initial {
			responses = append([]string{"-"}, responses...)
		}
		x := &login{}
		challenges, done, err := says(t, x, responses...)
		if c := x.Credential(); !done || err != nil || c.Name != "alice" || c.Password.Reveal() != "wonder land" {
			t.Errorf("initial response %v: %+v, %v", initial, c, err)
		}
		if n := len(challenges); challenges[n-1] != "Password:" || n == 2 && challenges[0] != "Username:" {
			t.Errorf("prompts are %q", challenges)
		}
	}
	if _, _, err := says(t, &login{}, "", "secret"); !errors.As(err, new(*SyntaxError)) {
		t.Errorf("an empty name: %v", err)
	}
}

// RFC 2195 §2, with its challenge.
func TestCRAMMD5(t *testing.T) {
	x := &cramMD5{challenge: "<1896.697170952@postoffice.reston.mci.net>"}
	challenges, done, err := says(t, x, "-", "tim b913a602c7eda7a495b4e6e7334d3890")
	c := x.Credential()
	if err != nil || !done || len(challenges) != 1 || challenges[0] != x.challenge || c.Name != "tim" || !c.Digest.Matches([]byte("tanstaaftanstaaf")) {
		t.Errorf("%q, %+v, %v", challenges, c, err)
	}
	if c.Digest.Matches([]byte("tanstaaf")) {
		t.Error("another password has the same digest")
	}
	if _, _, err := says(t, &cramMD5{}, "tim b913a602c7eda7a495b4e6e7334d3890"); err == nil {
		t.Error("an initial response was taken")
	}
}

// RFC 1939 §7, with its timestamp.
func TestAPOP(t *testing.T) {
	c, err := APOP("<1896.697170952@dbc.mtview.ca.us>", "mrose c4c9334bac560ecc979e58001b3e22fb")
	if err != nil || c.Name != "mrose" || !c.Digest.Matches([]byte("tanstaaf")) || c.Digest.Matches([]byte("tanstaaf2")) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range []string{"", "mrose", " c4c9334bac560ecc979e58001b3e22fb", "mrose c4c9", "mrose z4c9334bac560ecc979e58001b3e22fb"} {
		if _, err := APOP("<1@x>", args); !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// RFC 7677 §3: user "user", password "pencil".
func TestSCRAMSHA256(t *testing.T) {
	salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	if err != nil {
		t.Fatal(err)
	}
	verifier := func(password string) translate.Verifier {
		v, err := translate.Verify(password, salt, 4096)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	begin := func() *scramSHA256 {
		return &scramSHA256{nonce: `%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`, find: func(name string) (translate.Keyring, translate.Login, error) {
			keys := translate.Keyring{Salt: salt, Iterations: 4096}
			if name == "user" {
				keys.Passwords = []translate.DevicePassword{{Device: "other", Verifier: verifier("crayon")}, {Device: "scanner", Verifier: verifier("pencil")}}
			}
			return keys, translate.Login{Account: name}, nil
		}}
	}
	const first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
	const challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	const final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	const signature = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
	x := begin()
	challenges, done, err := says(t, x, "-", first, final, "")
	if err != nil || !done || len(challenges) != 3 || challenges[1] != challenge || challenges[2] != signature {
		t.Errorf("%q, done %v, %v", challenges, done, err)
	}
	if c := x.Credential(); c.Name != "user" || c.Proof == nil || c.Proof.Err != nil || c.Proof.Password.Device != "scanner" {
		t.Errorf("it shows %+v", c)
	}
	x = begin()
	challenges, done, err = says(t, x, first, final[:len(final)-4]+"AAA=")
	if err != nil || !done || x.Credential().Proof.Err == nil {
		t.Errorf("a wrong proof: %q, done %v, %v", challenges, done, err)
	}
	x = begin()
	challenges, _, err = says(t, x, "n,,n=nobody,r=rOprNGfwEbeRWgbNEkqO")
	if err != nil || len(challenges) != 1 || challenges[0] != challenge {
		t.Errorf("an unknown account is challenged with %q, %v", challenges, err)
	}
	x = begin()
	if _, done, err := says(t, x, "n,a=admin,n=user,r=rOprNGfwEbeRWgbNEkqO"); err != nil || !done || x.Credential().Proof.Err == nil {
		t.Errorf("acting for somebody else: done %v, %v", done, err)
	}
	if _, _, err := says(t, begin(), "hello"); !errors.As(err, new(*SyntaxError)) {
		t.Errorf("no SCRAM: %v", err)
	}
}

func TestExternal(t *testing.T) {
	for _, c := range []struct {
		names    []string
		response string
		want     string
	}{
		{[]string{"alice@example.org"}, "", "alice@example.org"},
		{[]string{"alice@example.org"}, "alice@example.org+scanner", "alice@example.org+scanner"},
		{[]string{"alice@example.org", "bob@example.org"}, "bob@example.org", "bob@example.org"},
		{[]string{"alice@example.org", "bob@example.org"}, "", ""},
	} {
		x := &external{certified: c.names}
		_, _, err := says(t, x, "-", c.response)
		if x.Credential().Name != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%+v: %+v, %v", c, x.Credential(), err)
		}
	}
}
