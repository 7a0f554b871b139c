package pop3_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/proxy/pop3"
)

func TestClientList(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		name, list, uidl string
		want             pop3.Listing
		ids              bool
		err              error
	}{
		{"plain", "+OK 2\r\n1 100\r\n2 200\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n", pop3.Listing{{1, 100, "a"}, {2, 200, "b"}}, true, nil},
		{"empty", "+OK\r\n.\r\n", "+OK\r\n.\r\n", nil, true, nil},
		{"bare LF and words behind the octets", "+OK\n1 100 octets\n.\n", "+OK\n1 a\n.\n", pop3.Listing{{1, 100, "a"}}, true, nil},
		{"a number is missing", "+OK\r\n1 1\r\n3 3\r\n.\r\n", "+OK\r\n1 a\r\n3 c\r\n.\r\n", pop3.Listing{{1, 1, "a"}, {3, 3, "c"}}, true, nil},
		{"strange unique-ids", "+OK\r\n1 1\r\n2 2\r\n3 3\r\n4 4\r\n.\r\n", "+OK\r\n1 two words \r\n2 " + long + "\r\n3\r\n4  <a@b>\r\n.\r\n",
			pop3.Listing{{1, 1, "two words "}, {2, 2, long}, {3, 3, ""}, {4, 4, " <a@b>"}}, true, nil},
		{"no UIDL", "+OK\r\n1 100\r\n.\r\n", "-ERR unknown\r\n", pop3.Listing{{1, 100, ""}}, false, nil},
		{"LIST refused", "-ERR [SYS/TEMP] busy\r\n", "+OK\r\n1 a\r\n.\r\n", nil, true, &pop3.ReplyError{}},
		{"UIDL names another", "+OK\r\n1 100\r\n.\r\n", "+OK\r\n2 b\r\n.\r\n", nil, false, pop3.ErrProtocol},
		{"UIDL names more", "+OK\r\n1 100\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n", nil, false, pop3.ErrProtocol},
		{"UIDL names fewer", "+OK\r\n1 100\r\n2 2\r\n.\r\n", "+OK\r\n1 a\r\n.\r\n", nil, false, pop3.ErrProtocol},
		{"twice", "+OK\r\n1 100\r\n1 100\r\n.\r\n", "", nil, false, pop3.ErrProtocol},
		{"backwards", "+OK\r\n2 100\r\n1 100\r\n.\r\n", "", nil, false, pop3.ErrProtocol},
		{"number 0", "+OK\r\n0 100\r\n.\r\n", "", nil, false, pop3.ErrProtocol},
		{"number too large", "+OK\r\n99999999999999999999 100\r\n.\r\n", "", nil, false, pop3.ErrProtocol},
		{"octets that are no number", "+OK\r\n1 -5\r\n2 9.3e+06\r\n3\r\n4 7\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n.\r\n",
			pop3.Listing{{1, 0, "a"}, {2, 0, "b"}, {3, 0, "c"}, {4, 7, "d"}}, true, nil},
		{"a line without end", "+OK\r\n" + strings.Repeat("1", 20000), "", nil, false, pop3.ErrProtocol},
	} {
		for _, pipelined := range []bool{false, true} {
			pieces := []string{test.list, test.uidl}
			if pipelined {
				pieces = []string{test.list + test.uidl}
			}
			c, w := greeted(t, slices.DeleteFunc(pieces, func(p string) bool { return p == "" })...)
			l, ids, err := c.List(t.Context(), pipelined)
			var refused *pop3.ReplyError
			switch {
			case errors.As(test.err, &refused):
				if !errors.As(err, &refused) || c.Err() != nil {
					t.Errorf("%s: %v, the connection: %v", test.name, err, c.Err())
				}
			case test.err != nil:
				if !errors.Is(err, test.err) || c.Err() == nil {
					t.Errorf("%s: %v, the connection: %v", test.name, err, c.Err())
				}
			case err != nil || !slices.Equal(l, test.want) || ids != test.ids:
				t.Errorf("%s: %v, %v, %v", test.name, l, ids, err)
			case w.output.String() != "LIST\r\nUIDL\r\n" || pipelined != (w.writes == 1):
				t.Errorf("%s: sent %q in %d writes", test.name, w.output.String(), w.writes)
			}
		}
	}
}

// What a server lists is bounded in octets too: a few lines less than too many are
// taken, and with them more than that it is no POP3 any more.
func TestClientListIsBoundedInOctets(t *testing.T) {
	line := func(n int) string { return fmt.Sprintf("%d %s\r\n", n, strings.Repeat("A", 8000)) }
	lines := pop3.MaxListing/len(line(1000)) - 2
	var list, uidl strings.Builder
	for n := 1; n <= lines; n++ {
		fmt.Fprintf(&list, "%d 1\r\n", n)
		uidl.WriteString(line(n))
	}
	enough := uidl.String()
	for n := lines + 1; n <= lines+4; n++ {
		fmt.Fprintf(&list, "%d 1\r\n", n)
		uidl.WriteString(line(n))
	}
	c, _ := greeted(t, "+OK\r\n"+list.String()+".\r\n", "+OK\r\n"+uidl.String()+".\r\n")
	if _, _, err := c.List(t.Context(), false); !errors.Is(err, pop3.ErrProtocol) || !strings.Contains(err.Error(), "octets") {
		t.Errorf("too many octets: %v", err)
	}
	for n := lines + 4; n > lines; n-- {
		text := list.String()
		list.Reset()
		list.WriteString(strings.TrimSuffix(text, fmt.Sprintf("%d 1\r\n", n)))
	}
	c, _ = greeted(t, "+OK\r\n"+list.String()+".\r\n", "+OK\r\n"+enough+".\r\n")
	if l, _, err := c.List(t.Context(), false); err != nil || len(l) != lines {
		t.Errorf("as many as are allowed: %d messages, %v", len(l), err)
	}
}

func FuzzClientList(f *testing.F) {
	f.Add("+OK\r\n1 100\r\n.\r\n", "+OK\r\n1 a\r\n.\r\n")
	f.Add("+OK\r\n..\r\n.\r\n", "-ERR\r\n")
	f.Fuzz(func(t *testing.T, list, uidl string) {
		c, _ := greeted(t, slices.DeleteFunc([]string{list + uidl}, func(p string) bool { return p == "" })...)
		l, _, err := c.List(t.Context(), true)
		if err != nil {
			return
		}
		for i, m := range l {
			if m.Number < 1 || m.Octets < 0 || i > 0 && l[i-1].Number >= m.Number || strings.ContainsAny(m.UniqueID, "\n") {
				t.Fatalf("%q %q: %v", list, uidl, l)
			}
		}
	})
}
