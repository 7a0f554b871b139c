package state_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	copiedUser   = "ann@example.org"
	masterSecret = "the master's own"
)

// TestStateCopyAndCheck: a ledger goes from SQLite to PostgreSQL and back, and devices
// notice nothing. Then it is damaged so that a device is refused: the check says so, the
// repair lets it in again, and it finds all unique-ids as they were.
func TestStateCopyAndCheck(t *testing.T) {
	mail := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{copiedUser: password(copiedUser)}, Masters: map[string]string{"admin": masterSecret}})
	witness(t, mail, copiedUser).Fill("INBOX", servers.Messages(5))
	first, last := filepath.Join(t.TempDir(), "first.db"), filepath.Join(t.TempDir(), "last.db")
	pg := onPostgres(servers.StartPostgres(t))

	b := serveCopied(t, sqliteAt(first), mail.IMAP)
	var made struct{ Password string }
	if err := json.Unmarshal([]byte(b.Command(0, "account", "device", "add", copiedUser, "scanner", "--password", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	c := bridge.Login(t, b.Address("pop3"), copiedUser, made.Password)
	c.OK("DELE 2")
	c.OK("DELE 4")
	c.Quit()
	shown := seen(t, b, made.Password)
	everything := seen(t, b, password(copiedUser))
	if len(shown) != 3 || len(everything) != 5 {
		t.Fatalf("before the copy the scanner sees %d messages, and the account %d", len(shown), len(everything))
	}

	for _, step := range []struct {
		to     driver
		source string
	}{{pg, pg.options.source}, {sqliteAt(last), last}} {
		bridge.Has(t, b.Command(1, "state", "copy", "--to", step.source), "is served")
		end(t, b)
		bridge.Has(t, b.Command(0, "state", "copy", "--to", step.source), "and the same on both sides")
		b = serveCopied(t, step.to, mail.IMAP)
		if got := seen(t, b, made.Password); !maps.Equal(got, shown) {
			t.Errorf("on %s the scanner sees %v, not %v", step.to.name, got, shown)
		}
		if got := seen(t, b, password(copiedUser)); !maps.Equal(got, everything) {
			t.Errorf("on %s the account sees %v, not %v", step.to.name, got, everything)
		}
		bridge.Has(t, b.Command(0, "state", "check"), "and nothing is wrong")
	}

	end(t, b)
	spoil(t, last, "UPDATE page_devices SET hidden = '0102' WHERE device = 'scanner'")
	b = serveCopied(t, sqliteAt(last), mail.IMAP)
	b.Refused(t, copiedUser, made.Password, "[SYS/TEMP]")
	const wrong = "page_devices, page_id 1, device scanner (ann@example.org, maildrop default): what the device has hidden cannot be read"
	bridge.Has(t, b.Command(1, "state", "check"), wrong, "1 row of the ledger is wrong")
	bridge.Has(t, b.Command(1, "state", "check", "--repair"), "is served: stop the popbridge that serves it first")
	end(t, b)
	var told struct {
		Found, Repaired, Left int
		Findings              []struct{ Text, Cost string }
	}
	if err := json.Unmarshal([]byte(b.Command(0, "state", "check", "--repair", "--json")), &told); err != nil || told.Repaired != 1 || told.Left != 0 || !strings.Contains(told.Findings[0].Cost, "sees again") {
		t.Errorf("the repair tells %+v, %v", told, err)
	}
	bridge.Has(t, b.Command(0, "state", "check"), "and nothing is wrong")
	b = serveCopied(t, sqliteAt(last), mail.IMAP)
	if got := seen(t, b, made.Password); !maps.Equal(got, everything) {
		t.Errorf("after the repair the scanner sees %v, not %v", got, everything)
	}
}

// serveCopied serves a ledger to devices with passwords of their own, and to others.
func serveCopied(t *testing.T, d driver, imap string) *bridge.Bridge {
	t.Helper()
	return bridge.Start(t, d.state+separator+fmt.Sprintf(`listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail: {address: %q, tls: none, auth: master, master_user: admin, master_password: %q}
maildrop:
  default: {on_delete: hide}
route: [{login: either}]
`, imap, masterSecret), append(d.secrets(), masterSecret, password(copiedUser))...)
}

// seen are the messages of a session by their unique-ids.
func seen(t *testing.T, b *bridge.Bridge, password string) map[string]string {
	t.Helper()
	c := bridge.Login(t, b.Address("pop3"), copiedUser, password)
	defer c.Quit()
	return texts(c)
}

// spoil runs a statement on a SQLite file that nobody has open.
func spoil(t *testing.T, path, statement string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
