package logins_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestPasswordsForMany: a run that makes passwords for many accounts is killed again and
// again, once with half a line written. In the end each account has one line, and each
// password lets its account in.
func TestPasswordsForMany(t *testing.T) {
	t.Parallel()
	const accounts = 120 // more than one of the parts in which lines are written
	users := make(map[string]string)
	var list strings.Builder
	for i := range accounts {
		account := fmt.Sprintf("user%d@example.org", i)
		users[account] = userPassword
		fmt.Fprintln(&list, account)
	}
	d := servers.StartDovecot(t, servers.Dovecot{Users: users, Masters: map[string]string{"admin": masterPassword}})
	s := devices(t, d.IMAP, plan{})
	s.write("accounts", list.String())
	sheet := filepath.Join(s.dir, "out.csv")
	args := []string{"account", "device", "add", "--accounts", filepath.Join(s.dir, "accounts"), "--csv", sheet}
	lines := func() []byte {
		data, err := os.ReadFile(sheet)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return data
	}
	for kills := range 4 {
		run := bridge.Run(t, append(args, "--config", s.Config))
		for range 10_000 {
			if len(lines()) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		// Wherever this ends it, nothing may be lost: it is not waited for anything.
		time.Sleep(time.Duration(kills) * 30 * time.Millisecond)
		run.Kill()
		if kills == 1 {
			file, err := os.OpenFile(sheet, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteString("user119@example.org,pop3,abcdefgh"); err != nil {
				t.Fatal(err)
			}
			_ = file.Close()
		}
	}
	out := s.command(0, args...)
	bridge.Has(t, out, "passwords: 120 of 120 accounts, 0 failed")
	first := lines()
	if info, err := os.Stat(sheet); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the passwords: %v, %v", info, err)
	}
	bridge.Has(t, s.command(0, args...), "0 passwords made for device pop3, and 120 kept from an earlier run")
	if !bytes.Equal(first, lines()) {
		t.Error("a run that had nothing to do has changed the file")
	}
	records, err := csv.NewReader(bytes.NewReader(first)).ReadAll()
	if err != nil || len(records) != accounts+1 {
		t.Fatalf("%d lines for %d accounts: %v", len(records)-1, accounts, err)
	}
	for _, record := range records[1:] {
		if _, there := users[record[0]]; !there {
			t.Errorf("a second line, or one of nobody: %s", record[0])
		}
		delete(users, record[0])
		s.hide(record[2])
		s.sees(record[0], record[2], 0)
	}
	s.anotherRun(sheet, args)
}

// anotherRun: what another run would do to the file, or to passwords that are there.
func (s *stage) anotherRun(sheet string, args []string) {
	s.t.Helper()
	before, err := os.ReadFile(sheet)
	if err != nil {
		s.t.Fatal(err)
	}
	bridge.Has(s.t, s.command(2, append(args, "scanner")...), `it is the file of another run: line 2 is for device "pop3"`)
	s.write("others", "user1@example.org\nuser2@example.org\n")
	others := []string{"account", "device", "add", "--accounts", filepath.Join(s.dir, "others"), "--csv"}
	bridge.Has(s.t, s.command(2, append(others, sheet)...), "is the file of another run: it has account")
	if after, err := os.ReadFile(sheet); err != nil || !bytes.Equal(before, after) {
		s.t.Errorf("another run has changed the file: %v", err)
	}
	// A password that is in no file of this run's is not replaced, and gets no line.
	second := filepath.Join(s.dir, "second.csv")
	bridge.Has(s.t, s.command(1, append(others, second)...), "user1@example.org: device pop3 already has a password, which is not in", "2 of 2 accounts failed")
	if data, err := os.ReadFile(second); err != nil || string(data) != "account,device,password\n" {
		s.t.Errorf("the second file has %q, %v", data, err)
	}
	// Revoked is revoked, though the file has it.
	s.command(0, "account", "device", "revoke", "user1@example.org", "pop3")
	bridge.Has(s.t, s.command(1, args...), "user1@example.org: the password that its line in", "was revoked", "1 of 120 accounts failed")
}
