package sending_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramsSend has real programs and the dialogues of old devices send through a real
// submission server: what they send is delivered once, octet for octet, and lies once
// among the account's sent mail.
func TestProgramsSend(t *testing.T) {
	s := open(t, "", "", "")
	host, port, _ := strings.Cut(s.Address("submission"), ":")
	dir := t.TempDir()
	for name, run := range map[string]func(t *testing.T, text, file string) *exec.Cmd{
		"curl": func(t *testing.T, _, file string) *exec.Cmd {
			return exec.Command("curl", "-sS", "smtp://"+host+":"+port, "--user", alice+":"+password, "--mail-from", alice, "--mail-rcpt", "bob@example.org", "-T", file)
		},
		"swaks": func(t *testing.T, _, file string) *exec.Cmd {
			return exec.Command("swaks", "--server", host, "--port", port, "--auth", "LOGIN", "--auth-user", alice, "--auth-password", password, "--from", alice, "--to", "bob@example.org", "--data", "@"+file)
		},
		"msmtp": func(t *testing.T, text, _ string) *exec.Cmd {
			cmd := exec.Command("msmtp", "--host="+host, "--port="+port, "--tls=off", "--auth=plain", "--user="+alice, "--passwordeval=printf '"+password+"'", "--from="+alice, "bob@example.org")
			cmd.Stdin = strings.NewReader(unix(text))
			return cmd
		},
		"smtplib": func(t *testing.T, _, file string) *exec.Cmd {
			return exec.Command("python3", "-c", `
import smtplib, sys
c = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))
c.login(sys.argv[3], sys.argv[4])
c.sendmail(sys.argv[3], ["bob@example.org"], open(sys.argv[5], "rb").read())
c.quit()`, host, port, alice, password, file)
		},
		"mutt": func(t *testing.T, text, _ string) *exec.Cmd {
			rc := filepath.Join(t.TempDir(), "muttrc")
			write(t, rc, "set smtp_url=\"smtp://alice%40example.org@"+host+":"+port+"\"\nset smtp_pass=\""+password+"\"\nset smtp_authenticators=\"plain\"\nset from="+alice+"\nset use_envelope_from=yes\nset copy=no\nset ssl_starttls=no\nset ssl_force_tls=no\nset realname=Alice\n")
			cmd := exec.Command("mutt", "-F", rc, "-s", "by mutt", "bob@example.org")
			cmd.Stdin = strings.NewReader("Hello\n.dot\n")
			return cmd
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := "From: Alice <" + alice + ">\r\nTo: bob@example.org\r\nSubject: by " + name + "\r\nMessage-ID: <" + name + "@device>\r\nDate: Mon, 30 Nov 2026 05:00:00 +0000\r\n\r\nHello\r\n.dot\r\n"
			file := filepath.Join(dir, name)
			onDisk := text
			if name == "swaks" { // which ends the last line itself
				onDisk = strings.TrimSuffix(text, "\r\n")
			}
			write(t, file, onDisk)
			cmd := run(t, text, file)
			cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			s.arrived(t, "by "+name, text, name == "mutt")
		})
	}
	for name, dialogue := range map[string]func(d *device, text string){
		"HELO alone": func(d *device, text string) {
			d.say("HELO printer", "250 ")
			d.say("AUTH LOGIN", "334 VXNlcm5hbWU6")
			d.say(plain64(alice), "334 UGFzc3dvcmQ6")
			d.say(plain64(password), "235")
			d.send(text, "250")
			d.say("QUIT", "221")
		},
		"no greeting": func(d *device, text string) {
			d.say("AUTH LOGIN "+plain64(alice), "334 UGFzc3dvcmQ6")
			d.say(plain64(password), "235")
			d.send(text, "250 2.")
			d.say("quit", "221")
		},
		"no brackets": func(d *device, text string) {
			d.login()
			d.say("mail from: "+alice, "250")
			d.say("rcpt to: bob@example.org", "250")
			d.say("Data ", "354")
			d.raw(text + ".\r\n")
			d.reply("250")
			d.say("QUIT ", "221")
		},
		"a name before the brackets": func(d *device, text string) {
			d.login()
			d.say("MAIL FROM: Alice <"+alice+">", "250")
			d.say("RCPT TO : Bob <bob@example.org>", "250")
			d.say("DATA", "354")
			d.raw(text + ".\r\n")
			d.reply("250")
		},
		"RSET storms": func(d *device, text string) {
			d.login()
			for range 50 {
				d.say("RSET", "250")
				d.say("MAIL FROM:<"+alice+">", "250")
				d.say("NOOP", "250")
				d.say("RSET", "250")
			}
			d.send(text, "250")
		},
		"bare LF in commands": func(d *device, text string) {
			d.raw("EHLO device\nAUTH PLAIN " + plain(alice, password) + "\nMAIL FROM:<" + alice + ">\nRCPT TO:<bob@example.org>\nDATA\n")
			for _, want := range []string{"250", "235", "250", "250", "354"} {
				d.reply(want)
			}
			d.raw(text + ".\r\n")
			d.reply("250")
		},
		"all at once": func(d *device, text string) {
			d.raw("EHLO device\r\nAUTH PLAIN " + plain(alice, password) + "\r\nMAIL FROM:<" + alice + "> BODY=8BITMIME SIZE=500\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n" + text + ".\r\nNOOP\r\nQUIT\r\n")
			for _, want := range []string{"250", "235", "250", "250", "354", "250", "250", "221"} {
				d.reply(want)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dialogue(dial(t, s.Address("submission")), message(name))
			s.arrived(t, "Subject: "+name+"\r\n", "Subject: "+name+"\r\n\r\nHello\r\n.dot\r\n", true)
		})
	}
	t.Run("nobody relays who has not logged in", s.closed)
}

// arrived looks for a message with a text in both places, once in each, and for all of
// it at its end.
func (s *site) arrived(t *testing.T, text, whole string, part bool) {
	t.Helper()
	copies := sent(t, s.witness, "Sent", strings.TrimRight(text, "\r\n"), 1)
	delivered := s.postfix.Delivered(t, unix(text), 1)
	if len(copies) != 1 || len(delivered) != 1 {
		t.Fatalf("%d copies, delivered %d times", len(copies), len(delivered))
	}
	copy, got := string(copies[0]), string(delivered[0])
	if strings.Contains(text, "mutt") {
		whole = "\r\n\r\nHello\r\n.dot\r\n"
	}
	if !strings.HasSuffix(copy, whole) || !part && copy != whole {
		t.Errorf("the copy is %q, want %q", copy, whole)
	}
	if !strings.HasSuffix(got, unix(whole)) || !strings.HasPrefix(got, "Received: from ") {
		t.Errorf("delivered is %q, want %q", got, unix(whole))
	}
	for _, field := range []string{"Message-ID: ", "Date: "} {
		if strings.Count(strings.ToLower(got), "\n"+strings.ToLower(field)) != 1 || strings.Count(strings.ToLower("\n"+copy), "\n"+strings.ToLower(field)) != 1 {
			t.Errorf("%s is not there once in %q and %q", field, copy, got)
		}
	}
}

// closed tries to have mail relayed without a login.
func (s *site) closed(t *testing.T) {
	for _, lines := range [][2]string{
		{"MAIL FROM:<" + alice + ">", "530 5.7.0"}, {"MAIL FROM:<>", "530 5.7.0"}, {"RCPT TO:<bob@example.org>", "530 5.7.0"}, {"DATA", "530 5.7.0"},
		{"AUTH PLAIN " + plain(alice, "wrong"), "535 5.7.8"}, {"AUTH PLAIN " + plain("mallory@example.org", password), "535 5.7.8"}, {"AUTH EXTERNAL =", "504"},
		{"BDAT 4 LAST", "502"}, {"XCLIENT NAME=x", "500"}, {"AUTH PLAIN " + plain(alice, ""), "535 5.7.8"}, {"AUTH PLAIN !", "501"},
		{"ETRN example.org", "500"}, {"VRFY alice", "252"}, {"BDAT x", "502"},
	} {
		d := dial(t, s.Address("submission"))
		d.say("EHLO mallory", "250")
		d.say(lines[0], lines[1])
		d.raw("MAIL FROM:<x@x>\r\nRCPT TO:<y@y>\r\nDATA\r\nSubject: stolen\r\n.\r\n")
		for reply := d.read(); reply != ""; reply = d.read() {
			if strings.HasPrefix(reply, "2") || strings.HasPrefix(reply, "3") {
				t.Errorf("after %q: %q", lines[0], reply)
			}
			if d.r.Buffered() == 0 {
				d.raw("QUIT\r\n")
				break
			}
		}
	}
	if len(s.witness.UIDs("Sent")) == 0 {
		t.Error("nothing was sent at all")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
