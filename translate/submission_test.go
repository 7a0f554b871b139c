package translate

import (
	"bytes"
	"strings"
	"testing"
)

// scan gives what a scanner makes of a text that comes in pieces of n octets.
func scan(text string, bareLF bool, n int) (out, rest string, d DataScanner) {
	d.BareLF = bareLF
	var got []byte
	for len(text) > 0 && !d.Ended {
		piece := text[:min(n, len(text))]
		var taken int
		got, taken = d.Take(got, []byte(piece))
		text = text[taken:]
	}
	return string(got), text, d
}

func TestDataEndsAtOnePlaceAlone(t *testing.T) {
	for _, c := range []struct {
		in     string
		bareLF bool
		out    string
		rest   string
		ended  bool
		bare   bool
		lone   bool
	}{
		{"a\r\n.\r\nMAIL", false, "a\r\n", "MAIL", true, false, false},
		{".\r\n", false, "", "", true, false, false},
		{"..\r\n.\r\n", false, "..\r\n", "", true, false, false},
		{".a\r\n.\r\n", false, ".a\r\n", "", true, false, false},
		{"a\n.\nb\r\n.\r\n", false, "a\r\n..\r\nb\r\n", "", true, true, true},
		{"a\n.\r\nb\r\n.\r\n", false, "a\r\n..\r\nb\r\n", "", true, true, true},
		{"a\r\n.\nb\r\n.\r\n", false, "a\r\n..\r\nb\r\n", "", true, true, true},
		{"a\r.\rb\r\n.\r\n", false, "a\r\n..\r\nb\r\n", "", true, true, true},
		{"a\r\n.\rb\r\n.\r\n", false, "a\r\n..\r\nb\r\n", "", true, true, true},
		{"a\r.\r\nb\r\n.\r\n", false, "a\r\n..\r\nb\r\n", "", true, true, true},
		{"a\r\r\nb\r\n.\r\n", false, "a\r\nb\r\n", "", true, true, false},
		{"a\r\rb\r\n.\r\n", false, "a\r\n\r\nb\r\n", "", true, true, false},
		{"a\nb\n.\nQUIT\n", true, "a\r\nb\r\n", "QUIT\n", true, true, false},
		{"a\nb\r\n.\nc\r\n.\r\n", true, "a\r\nb\r\n..\r\nc\r\n", "", true, true, true},
		{"a\r\n..b\r\n", false, "a\r\n..b\r\n", "", false, false, false},
	} {
		for n := 1; n <= len(c.in); n++ {
			out, rest, d := scan(c.in, c.bareLF, n)
			if out != c.out || rest != c.rest || d.Ended != c.ended || d.Bare != c.bare || d.LoneDot != c.lone {
				t.Errorf("%q in pieces of %d: %q, %q left, %+v; want %+v", c.in, n, out, rest, d, c)
			}
		}
	}
}

// FuzzDataScanner: whatever comes, what is given on has no line end but CRLF and no end
// of its own, and pieces make no difference.
func FuzzDataScanner(f *testing.F) {
	for _, seed := range []string{"a\r\n.\r\n", "a\n.\nb", "\r\r\n.\r\r\n.\r\n", "..\r\n.a\r\n.\r\n"} {
		f.Add(seed, 3, false)
	}
	f.Fuzz(func(t *testing.T, text string, n int, bareLF bool) {
		whole, left, d := scan(text, bareLF, len(text)+1)
		pieces, left2, d2 := scan(text, bareLF, 1+max(n, -n)%7)
		if n >= 0 && (whole != pieces || left != left2 || d != d2) {
			t.Fatalf("%q: in pieces %q %q, whole %q %q", text, pieces, left2, whole, left)
		}
		bare := strings.ReplaceAll(whole, "\r\n", "")
		if strings.ContainsAny(bare, "\r\n") || strings.HasPrefix(whole, ".\r\n") || strings.Contains(whole, "\r\n.\r\n") {
			t.Fatalf("%q became %q", text, whole)
		}
		if !d.Bare && !bareLF && d.Ended && whole+".\r\n"+left != text {
			t.Fatalf("%q became %q", text, whole)
		}
	})
}

func TestOutgoingHeader(t *testing.T) {
	alice := NewSender(SenderOwn, LoginRules{Lowercase: true, DeviceSeparator: "+"}, Login{Account: "alice@example.org", Device: "scanner"}, "alice@example.org", []string{"info@{domain}", "{local}@example.net"})
	for _, c := range []struct {
		policy         SenderPolicy
		in             string
		relayed, filed string // empty: refused
	}{
		{SenderOwn, "From: Alice <alice@example.org>\r\n", "T\r\nM\r\nD\r\nFrom: Alice <alice@example.org>\r\n", "M\r\nD\r\nFrom: Alice <alice@example.org>\r\n"},
		{SenderOwn, "FROM : ALICE@example.ORG\r\ndate: x\r\nMessage-Id: y\r\nbcc: secret@x,\r\n more@x\r\nTo: b\r\n", "T\r\nFROM : ALICE@example.ORG\r\ndate: x\r\nMessage-Id: y\r\nTo: b\r\n", "FROM : ALICE@example.ORG\r\ndate: x\r\nMessage-Id: y\r\nbcc: secret@x,\r\n more@x\r\nTo: b\r\n"},
		{SenderOwn, "From: info@example.org, \"a, b <x@y>\" <alice@example.net>\r\n", "T\r\nM\r\nD\r\nFrom: info@example.org, \"a, b <x@y>\" <alice@example.net>\r\n", "M\r\nD\r\nFrom: info@example.org, \"a, b <x@y>\" <alice@example.net>\r\n"},
		{SenderOwn, "From: alice+scanner@example.org\r\n", "T\r\nM\r\nD\r\nFrom: alice+scanner@example.org\r\n", "M\r\nD\r\nFrom: alice+scanner@example.org\r\n"},
		{SenderOwn, "Subject: no sender\r\n", "T\r\nM\r\nD\r\nSubject: no sender\r\n", "M\r\nD\r\nSubject: no sender\r\n"},
		{SenderOwn, "From: mallory@example.org\r\n", "", ""},
		{SenderOwn, "From: \"alice@example.org\" <mallory@example.org>\r\n", "", ""},
		{SenderOwn, "From: alice@example.org (x), mallory@example.org\r\n", "", ""},
		{SenderOwn, "From: alice@example.org\r\nFrom: mallory@example.org\r\n", "", ""},
		{SenderOwn, "From: <alice@example.org> <mallory@example.org>\r\n", "", ""},
		{SenderOwn, "From: alice@example.org <mallory@example.org>\r\n", "", ""},
		{SenderOwn, "From:\r\n", "", ""},
		{SenderOwn, "From: group: alice@example.org;\r\n", "", ""},
		{SenderAny, "From: mallory@example.org\r\n", "T\r\nM\r\nD\r\nFrom: mallory@example.org\r\n", "M\r\nD\r\nFrom: mallory@example.org\r\n"},
		{SenderRewrite, "From: \"Scanner 3\" <scanner@localhost>\r\n", "T\r\nM\r\nD\r\nFrom: \"Scanner 3\"\r\n <alice@example.org>\r\nReply-To: \"Scanner 3\" <scanner@localhost>\r\n", "M\r\nD\r\nFrom: \"Scanner 3\"\r\n <alice@example.org>\r\nReply-To: \"Scanner 3\" <scanner@localhost>\r\n"},
		{SenderRewrite, "From: scanner\r\nReply-To: x@y\r\n", "T\r\nM\r\nD\r\nFrom: alice@example.org\r\nReply-To: x@y\r\n", "M\r\nD\r\nFrom: alice@example.org\r\nReply-To: x@y\r\n"},
		{SenderRewrite, "Subject: none\r\n", "T\r\nM\r\nD\r\nSubject: none\r\nFrom: alice@example.org\r\n", "M\r\nD\r\nSubject: none\r\nFrom: alice@example.org\r\n"},
		{SenderRewrite, "From: alice@example.org\r\n", "T\r\nM\r\nD\r\nFrom: alice@example.org\r\n", "M\r\nD\r\nFrom: alice@example.org\r\n"},
	} {
		var h OutgoingHeader
		for line := range bytes.Lines([]byte(c.in)) {
			if ended, _, err := h.Line(line); ended || err != nil {
				t.Fatalf("%q ends the header", line)
			}
		}
		alice.Policy = c.policy
		m, refused := Outgoing{Sender: alice, Received: "T\r\n", MessageID: "<id@x>"}.Prepare(&h)
		if refused != nil {
			if c.relayed != "" || refused.Code != 553 {
				t.Errorf("%v %q is refused: %v", c.policy, c.in, refused)
			}
			continue
		}
		short := strings.NewReplacer("Message-ID: <id@x>", "M", "Date: Mon, 1 Jan 0001 00:00:00 +0000", "D")
		if got, filed := short.Replace(string(m.Relayed)), short.Replace(string(m.Filed)); got != c.relayed+"\r\n" || filed != c.filed+"\r\n" {
			t.Errorf("%v %q:\n got %q\nwant %q\n got %q\nwant %q", c.policy, c.in, got, c.relayed, filed, c.filed)
		}
	}
}

func TestEnvelopeSenders(t *testing.T) {
	alice := NewSender(SenderOwn, LoginRules{}, Login{Account: "alice@old.example"}, "alice@new.example", nil)
	for _, c := range []struct {
		policy   SenderPolicy
		from, to string
		refused  bool
	}{
		{SenderOwn, "alice@old.example", "alice@old.example", false}, {SenderOwn, "Alice@NEW.example", "Alice@NEW.example", false},
		{SenderOwn, "", "", true}, {SenderOwn, "scanner@localhost", "", true}, {SenderOwn, "alice", "", true},
		{SenderRewrite, "", "alice@new.example", false}, {SenderRewrite, "scanner@localhost", "alice@new.example", false}, {SenderRewrite, "alice@old.example", "alice@old.example", false},
		{SenderAny, "", "", false}, {SenderAny, "x@y", "x@y", false},
	} {
		alice.Policy = c.policy
		if to, refused := alice.Envelope(c.from); to != c.to || (refused != nil) != c.refused || refused != nil && (refused.Code != 553 || refused.Enhanced != EnhancedCode{5, 7, 1}) {
			t.Errorf("%v %q: %q, %v", c.policy, c.from, to, refused)
		}
	}
}

func TestSMTPPaths(t *testing.T) {
	for in, want := range map[string]string{
		"FROM:<a@b>": "a@b|", "from: a@b": "a@b|", "FROM :<a@b> SIZE=1  BODY=7BIT": "a@b|SIZE=1 BODY=7BIT", "FROM:<>": "|", "FROM <a@b>": "a@b|",
		"FROM: Scanner <a@b>": "a@b|", "FROM:<@x,@y:a@b>": "a@b|", `FROM:<"a b"@c>`: `"a b"@c|`, `FROM:<"a> b"@c> SIZE=1`: `"a> b"@c|SIZE=1`, "FROM:<scanner>": "scanner|",
		"FROM:": "?", "FROM:<a@b": "?", "TO:<a@b>": "?", "FROM:<a b@c>": "?", `FROM:<"a@b>`: "?", "FROM:<@b>": "?", "FROM:<a@>": "?", "FROM": "?", "FROM:<a@b<c>>": "?",
	} {
		got := "?"
		if p, err := ParseSMTPPath("FROM", in); err == nil {
			got = p.Address + "|" + p.Params
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzSMTPPath: what is taken for an address can stand in brackets.
func FuzzSMTPPath(f *testing.F) {
	for _, seed := range []string{"FROM:<a@b>", `FROM: "x" <"a> b"@c> SIZE=1`, "FROM:<@x:a@b>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, args string) {
		p, err := ParseSMTPPath("FROM", args)
		if err != nil {
			return
		}
		if again, err := ParseSMTPPath("FROM", "FROM:<"+p.Address+">"); err != nil || again.Address != p.Address || again.Params != "" {
			t.Fatalf("%q gives %q, which is read as %+v, %v", args, p.Address, again, err)
		}
	})
}

func TestUpstreamRepliesThatPass(t *testing.T) {
	for _, c := range []struct {
		code     int
		enhanced EnhancedCode
		want     SMTPReply
	}{
		{450, EnhancedCode{4, 2, 1}, SMTPReply{Code: 450, Enhanced: EnhancedCode{4, 2, 1}}},
		{550, EnhancedCode{}, SMTPReply{Code: 550, Enhanced: EnhancedCode{5, 0, 0}}},
		{550, EnhancedCode{2, 1, 0}, SMTPReply{Code: 550, Enhanced: EnhancedCode{5, 0, 0}}},
		{421, EnhancedCode{4, 7, 0}, SMTPReply{Code: 451, Enhanced: EnhancedCode{4, 7, 0}}},
		{535, EnhancedCode{5, 7, 8}, SMTPReply{Code: 451, Enhanced: EnhancedCode{4, 4, 1}}},
		{220, EnhancedCode{}, SMTPReply{Code: 451, Enhanced: EnhancedCode{4, 4, 1}}},
	} {
		if got := PassReply(c.code, c.enhanced, "the message", nil); got.Code != c.want.Code || got.Enhanced != c.want.Enhanced {
			t.Errorf("%d %v: %v", c.code, c.enhanced, got)
		}
	}
}
