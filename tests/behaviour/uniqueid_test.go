package behaviour_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

func uniqueIDCases() []behaviour {
	return []behaviour{
		{"unique-ids of the presets", presets},
	}
}

// presets: each preset gives what its server would have given. The values are
// written here by hand from the servers' own sources, not by the proxy's code.
func presets(t *testing.T, s *site) {
	a := s.account(t)
	a.fill(12)
	uids := a.w.UIDs("INBOX")
	a.w.Remove("INBOX", uids[3], uids[4])
	uids = a.w.UIDs("INBOX")
	v := a.w.UIDValidity("INBOX")
	var blocks, routes strings.Builder
	forms := []struct {
		device, format string
		want           func(u uint32) string
	}{
		{"default", "", func(u uint32) string { return fmt.Sprintf("%08x%08x", u, v) }},
		{"dovecot", "dovecot", func(u uint32) string { return fmt.Sprintf("%08x%08x", u, v) }},
		{"old-dovecot", "dovecot-0.99", func(u uint32) string { return fmt.Sprintf("%d.%d", v, u) }},
		{"uw", "uw", func(u uint32) string { return fmt.Sprintf("%08x%08x", v, u) }},
		{"cyrus", "cyrus", func(u uint32) string { return fmt.Sprintf("%d.%d", v, u) }},
		{"cyrus-old", "cyrus-old", func(u uint32) string { return fmt.Sprint(u) }},
		{"courier-style", "courier-style", func(u uint32) string { return fmt.Sprintf("%d-%d", v, u) }},
		{"hmailserver", "hmailserver", func(u uint32) string { return fmt.Sprint(u) }},
		{"stalwart", "stalwart", func(u uint32) string { return fmt.Sprintf("%d%d", v, u) }},
		{"template", "m%v!%010u%%%Xu", func(u uint32) string { return fmt.Sprintf("m%d!%010d%%%x", v, u, u) }},
	}
	blocks.WriteString("login:\n  device_separator: \"+\"\nmaildrop:\n")
	for _, f := range forms {
		format := ""
		if f.format != "" {
			format = fmt.Sprintf("\n    unique_id: %q", f.format)
		}
		fmt.Fprintf(&blocks, "  drop-%s:\n    on_delete: hide%s\n", f.device, format)
		fmt.Fprintf(&routes, "  - device: %q\n    maildrop: drop-%s\n", f.device, f.device)
	}
	b := a.serveWith(t, blocks.String()+"route:\n"+routes.String())
	for _, f := range forms {
		want := make([]string, len(uids))
		for i, u := range uids {
			want[i] = fmt.Sprintf("%d %s", i+1, f.want(uint32(u)))
		}
		c := a.named(t, b, f.device)
		expectLines(t, f.device, c.Lines("UIDL"), want...)
		expect(t, "UIDL 2", c.OK("UIDL 2"), want[1])
		c.Quit()
	}
}

// TestUniqueIDsOfTheSameServer: a provider who puts popbridge in the place of
// the server's own POP3 does not let devices download anything again. Octets
// are compared too: devices see LIST and UIDL together.
func TestUniqueIDsOfTheSameServer(t *testing.T) {
	users := map[string]string{"u00@example.org": password("u00@example.org")}
	for _, own := range []struct {
		name, format string
		start        func(testing.TB) *servers.Server
	}{
		{"dovecot default", "dovecot", func(t testing.TB) *servers.Server {
			return servers.StartDovecot(t, servers.Dovecot{Users: users})
		}},
		{"dovecot like uw", "uw", dovecotWith(users, "%08Xv%08Xu")},
		{"dovecot like cyrus", "cyrus", dovecotWith(users, "%v.%u")},
		{"dovecot like courier", "courier-style", dovecotWith(users, "%v-%u")},
		{"dovecot like an old cyrus", "cyrus-old", dovecotWith(users, "%u")},
		{"dovecot with a template", "%Xv_%u", dovecotWith(users, "%Xv_%u")},
		{"cyrus", "cyrus", cyrusWith(users, "cyrus")},
		{"cyrus like courier", "courier-style", cyrusWith(users, "courier")},
		{"cyrus like dovecot", "dovecot", cyrusWith(users, "dovecot")},
		{"cyrus, old and new", "cyrus-old", cyrusWith(users, "uidonly")},
	} {
		t.Run(own.name, func(t *testing.T) {
			t.Parallel()
			server := own.start(t)
			s := &site{kind: own.name, server: server}
			a := s.account(t)
			a.fill(40)
			uids := a.w.UIDs("INBOX")
			a.w.Remove("INBOX", uids[1:9]...)
			b := a.serve(t, fmt.Sprintf("unique_id: %q", own.format))

			c := bridge.Login(t, server.POP3, a.login, a.password)
			ids, sizes := c.Lines("UIDL"), c.Lines("LIST")
			c.Quit()
			if len(ids) != 32 {
				t.Fatalf("the server's own POP3 lists %d messages, want 32", len(ids))
			}
			c = a.device(t, b)
			if got := c.Lines("UIDL"); !slices.Equal(got, ids) {
				t.Errorf("unique-ids: got %q…, the server's own are %q…", got[0], ids[0])
			}
			expectLines(t, "LIST", c.Lines("LIST"), sizes...)
			c.Quit()
		})
	}
}

func dovecotWith(users map[string]string, format string) func(testing.TB) *servers.Server {
	return func(t testing.TB) *servers.Server {
		return servers.StartDovecot(t, servers.Dovecot{Users: users, POP3UIDLFormat: format})
	}
}

func cyrusWith(users map[string]string, format string) func(testing.TB) *servers.Server {
	return func(t testing.TB) *servers.Server {
		return servers.StartCyrus(t, servers.Cyrus{Users: users, Settings: map[string]string{"uidl_format": format}})
	}
}
