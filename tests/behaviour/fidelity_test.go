package behaviour_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

func fidelityCases() []behaviour {
	return []behaviour{
		{"every octet of nasty messages", fidelity},
	}
}

// stored is a message of the corpus as the server keeps it.
type stored struct {
	nasty
	raw []byte
}

// store appends the corpus. A message that the server refuses must be one of
// those that the site names, and the other way round.
func (a *account) store(t *testing.T) []stored {
	t.Helper()
	var list []stored
	for _, m := range corpus() {
		reason, refused := a.refuses[m.name]
		err := a.append(m.octets)
		switch {
		case err != nil && !refused:
			t.Errorf("%s does not store %q: %v", a.kind, m.name, err)
		case err == nil && refused:
			t.Errorf("%s stores %q, though it should not: %s", a.kind, m.name, reason)
		case err != nil:
			// What is left of a refused APPEND may be anything.
			a.w = servers.Dial(t, a.imap, a.login, a.password)
		}
		if err == nil {
			list = append(list, stored{nasty: m})
		}
	}
	uids := a.w.UIDs("INBOX")
	if len(uids) != len(list) {
		t.Fatalf("%d messages were stored, %d are there", len(list), len(uids))
	}
	for i, uid := range uids {
		list[i].raw = a.w.Raw("INBOX", uid)
	}
	return list
}

func (a *account) append(octets string) error {
	cmd := a.w.Client.Append("INBOX", int64(len(octets)), nil)
	if _, err := cmd.Write([]byte(octets)); err != nil {
		_ = cmd.Close()
		return err
	}
	if err := cmd.Close(); err != nil {
		return err
	}
	_, err := cmd.Wait()
	return err
}

// fidelity: a device gets what IMAP gives, by SHA-256, with RETR and with TOP;
// and from the second session on LIST says the octets that RETR sends.
func fidelity(t *testing.T, s *site) {
	a := s.account(t)
	list := a.store(t)
	b := a.serve(t)
	c := a.device(t, b)
	if got := len(c.Lines("LIST")); got != len(list) {
		t.Fatalf("LIST has %d messages, want %d", got, len(list))
	}
	total := 0
	sizes := make([]int, len(list))
	for i, m := range list {
		want := delivered(m.raw)
		got := c.Message("RETR " + digits(i+1))
		if sha256.Sum256(got) != sha256.Sum256(want) {
			t.Errorf("%q: %s", m.name, difference(got, want))
		}
		sizes[i] = len(got)
		total += len(got)
		tops(t, c, i+1, m, want)
	}
	c.Quit()

	c = a.device(t, b)
	expect(t, "STAT in the second session", c.OK("STAT"), line(len(list), total))
	for i, got := range c.Lines("LIST") {
		if want := line(i+1, sizes[i]); got != want {
			t.Errorf("%q: LIST says %q, RETR sends %q", list[i].name, got, want)
		}
	}
	c.Quit()
}

// tops compares TOP's answers with the beginning of the message.
func tops(t *testing.T, c *bridge.Client, n int, m stored, message []byte) {
	t.Helper()
	counts := []string{"0", "1", "2", digits(bytes.Count(message, []byte("\n"))), strings.Repeat("9", 30)}
	if len(message) > 1<<21 {
		counts = counts[:3]
	}
	for _, lines := range counts {
		limit := math.MaxInt
		if len(lines) < 10 {
			if _, err := fmt.Sscan(lines, &limit); err != nil {
				t.Fatal(err)
			}
		}
		want := top(message, limit)
		if got := c.Message("TOP " + digits(n) + " " + lines); !bytes.Equal(got, want) {
			t.Errorf("%q: TOP %s: %s", m.name, lines, difference(got, want))
		}
	}
}

// difference says where two messages part.
func difference(got, want []byte) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	near := func(b []byte) []byte { return b[max(0, i-20):min(len(b), i+20)] }
	return fmt.Sprintf("got %d octets, want %d; they part at octet %d: %q, want %q", len(got), len(want), i, near(got), near(want))
}
