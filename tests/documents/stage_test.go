package documents

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/machine"
	"popbridge/tests/servers"
)

const (
	alice          = "alice@example.org"
	password       = "wonderland"
	masterPassword = "opensesame"
)

// checkout is where the copy of the machine has the repository; lines are typed there.
const checkout = "/popbridge"

// stage is a copy of this machine on which popbridge was installed from source, with the
// files that an operator would have there, and a Dovecot that is an old server by POP3
// and a new one by IMAP.
type stage struct {
	*machine.Machine
	mail   *servers.Server
	listen string // where the service listens
	served string // the upstream that serves alice; empty: unknown, or the stage has changed
}

// systemctl starts what the unit says, as the unit's user.
const systemctl = `#!/bin/sh
case $1 in
enable | start)
	[ ! -e /run/popbridge.pid ] || exit 0
	: >/run/popbridge.log
	STATE_DIRECTORY=/var/lib/popbridge setpriv --reuid=popbridge --regid=popbridge --init-groups \
		$(sed -n 's/^ExecStart=//p' /usr/local/lib/systemd/system/popbridge.service) >/run/popbridge.log 2>&1 </dev/null &
	echo $! >/run/popbridge.pid
	until grep -q 'popbridge is ready' /run/popbridge.log; do
		kill -0 $(cat /run/popbridge.pid) || { cat /run/popbridge.log; exit 1; }
		sleep 0.05
	done ;;
stop)
	[ -e /run/popbridge.pid ] || exit 0
	kill $(cat /run/popbridge.pid) 2>/dev/null
	while kill -0 $(cat /run/popbridge.pid) 2>/dev/null; do sleep 0.05; done
	rm /run/popbridge.pid ;;
esac
`

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		Machine: machine.New(t),
		mail:    servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: password}, Masters: map[string]string{"master": masterPassword}}),
		listen:  fmt.Sprintf("127.0.0.1:%d", servers.FreePorts(t, 1)[0]),
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s.Overlay(top, checkout)
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	s.Env = []string{"HOME=/root", "GOFLAGS=-buildvcs=false", "VERSION=0.0.0"}
	for _, variable := range []string{"GOROOT", "GOMODCACHE", "GOCACHE"} {
		out, err := exec.Command("go", "env", variable).Output()
		folder := strings.TrimSpace(string(out))
		if err != nil || folder == "" {
			t.Fatalf("go env %s: %q, %v", variable, folder, err)
		}
		s.Bind(folder)
		s.Env = append(s.Env, variable+"="+folder)
		if variable == "GOROOT" {
			path = folder + "/bin:" + path
		}
	}
	s.Env = append(s.Env, "PATH="+path)
	s.Write("/usr/bin/systemctl", systemctl, "755")
	s.Write("/usr/bin/sudo", "#!/bin/sh\nexec \"$@\"\n", "755")
	for _, own := range []string{"sync-last", "switch-delivery"} {
		s.Write("/usr/bin/"+own, "#!/bin/sh\n", "755")
	}
	s.Write("/usr/bin/editor", "#!/bin/sh\necho opensesame >\"$1\"\n", "755")
	t.Cleanup(func() { s.T = t; s.Run("systemctl stop") })
	servers.Dial(t, s.mail.IMAP, alice, password).Append([]byte("Subject: hello\r\n\r\nText.\r\n"))
	return s
}

// installed puts the stage as the reader of a block would find it: a service that runs,
// and that a device has used. Alice is served from the new server, or where a block is
// of a migration from the old one.
func (s *stage) installed(block string) {
	s.T.Helper()
	upstream := "new"
	if strings.HasPrefix(block, "popbridge migrate") {
		upstream = "old"
	}
	if s.served == upstream {
		return
	}
	s.served = upstream
	s.empty()
	w := servers.Dial(s.T, s.mail.IMAP, alice, password)
	for i := range 4 {
		w.Append(fmt.Appendf(nil, "From: bob@example.org\r\nTo: %s\r\nSubject: %d\r\nMessage-ID: <%[2]d@example.org>\r\nDate: Thu, %02[2]d Jan 2026 10:00:00 +0000\r\n\r\nText.\r\n", alice, i+1))
	}
	w.Logout()
	s.Run("systemctl stop; rm -rf /etc/popbridge/* /var/lib/popbridge/*")
	s.Run("install -d -o popbridge -m 700 /var/log/popbridge; echo | gzip >/var/log/popbridge/audit.jsonl.1.gz")
	config := fmt.Sprintf(`listener:
  pop3: {address: %q, plaintext_auth: true}
login: {device_separator: "+"}
state: {secrets_key_file: /etc/popbridge/secrets_key}
audit: {path: /var/log/popbridge/audit.jsonl}
upstream:
  new: {address: %q, tls: none, auth: master, master_user: master, master_password_file: /etc/popbridge/master, master_separator: "*"}
  old: {address: %q, tls: none, protocol: pop3, auth: master, master_user: master, master_password_file: /etc/popbridge/master, master_separator: "*"}
route:
  - {user: %q, upstream: %s, login: either}
  - {upstream: old, login: either}
`, s.listen, s.mail.IMAP, s.mail.POP3, alice, upstream)
	s.Run("popbridge secrets key | install -m 0640 -g popbridge /dev/stdin /etc/popbridge/secrets_key")
	for path, text := range map[string]string{
		"/etc/popbridge/popbridge.yaml": config, checkout + "/popbridge.yaml": config,
		"/etc/popbridge/master": masterPassword + "\n", "/run/master": masterPassword + "\n", "/run/alice": password + "\n",
		checkout + "/accounts.txt": alice + "\n", checkout + "/all.txt": alice + "\n", checkout + "/batch7.txt": alice + "\n",
	} {
		s.Write(path, text, "640")
	}
	s.Run("chgrp popbridge /etc/popbridge/*")
	s.Run("systemctl start popbridge")
	for _, login := range []string{alice, "alice+scanner@example.org"} {
		c := bridge.Login(s.T, s.listen, login, password)
		if upstream == "new" {
			c.OK("DELE 1")
		}
		c.Quit()
	}
}

// empty takes all mail away.
func (s *stage) empty() {
	s.T.Helper()
	for _, mailbox := range []string{"INBOX", "Trash"} {
		out, err := exec.Command("doveadm", "-c", filepath.Join(s.mail.Dir, "dovecot.conf"), "expunge", "-u", alice, "mailbox", mailbox, "all").CombinedOutput()
		if err != nil {
			s.T.Fatalf("doveadm: %v: %s", err, out)
		}
	}
}
