package packages

import (
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/machine"
)

const user = "alice@example.org"

// TestDeb: the .deb installs, serves, is upgraded, is removed and purged, and lintian
// finds no fault with it.
func TestDeb(t *testing.T) {
	t.Parallel()
	first, second := release(t), build(t, t.TempDir(), "0.2.0")
	deb := only(t, first, "popbridge_0.1.0-1_"+runtime.GOARCH+".deb")
	run(t, "lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", deb)

	m := machine.New(t)
	deb = m.Bring(deb)
	newer := m.Bring(only(t, second, "popbridge_0.2.0-1_"+runtime.GOARCH+".deb"))
	m.Run("dpkg --install " + deb)
	m.Expect("popbridge version | cut -d, -f1", "popbridge 0.1.0")
	m.Expect("cat /systemctl.log", "daemon-reload")
	m.Expect("stat -c '%A %U:%G' /etc/popbridge /etc/popbridge/popbridge.yaml /var/lib/popbridge /usr/bin/popbridge",
		"drwxr-x--- root:popbridge\n-rw-r----- root:popbridge\ndrwx------ popbridge:popbridge\n-rwxr-xr-x root:root")
	m.Expect("getent passwd popbridge | cut -d: -f6,7", "/var/lib/popbridge:/usr/sbin/nologin")
	m.Expect("dpkg-query -W -f '${Conffiles}' popbridge | cut -d' ' -f2 | xargs", "/etc/popbridge/popbridge.yaml")
	unit(m)
	configure(m)
	serve(m)
	secrets(m)

	m.Run(": >/systemctl.log; dpkg --install " + newer)
	m.Expect("popbridge version | cut -d, -f1", "popbridge 0.2.0")
	m.Expect("cat /systemctl.log", "daemon-reload\ndaemon-reload\ntry-restart popbridge.service")
	m.Expect(`grep -c 'address: "imap.example.org:993"' /etc/popbridge/popbridge.yaml; test -s /var/lib/popbridge/state.db && echo kept`, "1\nkept")

	m.Run(": >/systemctl.log; dpkg --remove popbridge")
	m.Expect("cat /systemctl.log", "disable --now popbridge.service\ndaemon-reload")
	m.Expect("test ! -e /usr/bin/popbridge; ls /var/lib/popbridge/state.db /etc/popbridge/popbridge.yaml", "/etc/popbridge/popbridge.yaml\n/var/lib/popbridge/state.db")
	m.Run("dpkg --purge popbridge")
	m.Expect("ls -d /var/lib/popbridge /etc/popbridge 2>&1 || true", "ls: cannot access '/var/lib/popbridge': No such file or directory\nls: cannot access '/etc/popbridge': No such file or directory")
}

// as runs what follows as the service's unit does.
const as = "setpriv --reuid=popbridge --regid=popbridge --init-groups "

const check = as + "popbridge check --config /etc/popbridge/popbridge.yaml"

// unit looks at the unit as systemd does. One line is expected of a systemd before 253.
func unit(m *machine.Machine) {
	m.T.Helper()
	said, code := m.Try("systemd-analyze verify --man=no /usr/lib/systemd/system/popbridge.service")
	for line := range strings.Lines(said) {
		if strings.Contains(line, "popbridge") && !strings.Contains(line, "notify-reload") {
			code = 1
		}
	}
	if code != 0 {
		m.T.Errorf("systemd-analyze verify: %s", said)
	}
}

// configure fills in the one thing that the file lacks.
func configure(m *machine.Machine) {
	m.T.Helper()
	said, code := m.Try(check)
	if code != 2 || !regexp.MustCompile(`^\S+:\d+: upstream\.mail\.address: .*\n\S+: 1 mistake$`).MatchString(said) {
		m.T.Errorf("of the file as it comes, check says with exit code %d\n%s", code, said)
	}
	m.Run(`sed -i 's/address: ""/address: "imap.example.org:993"/' /etc/popbridge/popbridge.yaml`)
	m.Expect(check, "/etc/popbridge/popbridge.yaml: no mistakes, 0 warnings; 1 listener, 1 upstream, 1 route")
}

// serve has a device look into its mailbox, as it would behind the unit.
func serve(m *machine.Machine) {
	t := m.T
	t.Helper()
	imap := liars.New(t, liars.Options{})
	service := m.Command("sh", "-c", "exec "+as+"popbridge serve --config /etc/popbridge/popbridge.yaml")
	service.Env = append(service.Env, "STATE_DIRECTORY=/var/lib/popbridge", "POPBRIDGE_LISTENER_POP3_ADDRESS=127.0.0.1:0",
		"POPBRIDGE_UPSTREAM_MAIL_ADDRESS="+imap.Address(), "POPBRIDGE_UPSTREAM_MAIL_TLS=none")
	service.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	address := start(t, service)
	c := bridge.Login(t, address, user, liars.Password)
	if line := c.OK("STAT"); strings.HasPrefix(line, "+OK 0 ") {
		t.Errorf("no messages: %s", line)
	}
	c.OK("QUIT")
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := service.Wait(); err != nil {
		t.Errorf("the service: %v", err)
	}
	m.Expect("stat -c '%A %U' /var/lib/popbridge/state.db", "-rw------- popbridge")
}

var listening = regexp.MustCompile(`listening: listener=pop3 address=(\S+)`)

// start runs a service and gives where it listens when it is ready.
func start(t *testing.T, service *exec.Cmd) string {
	t.Helper()
	read, write := io.Pipe()
	service.Stdout, service.Stderr = write, write
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = service.Process.Kill(); _ = write.Close() })
	defer late.Stop()
	var said strings.Builder
	octets := make([]byte, 4096)
	for !strings.Contains(said.String(), "popbridge is ready") {
		n, err := read.Read(octets)
		said.Write(octets[:n])
		if err != nil {
			t.Fatalf("the service is not ready: %s", said.String())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	return listening.FindStringSubmatch(said.String())[1]
}

// secrets: a file that the service cannot read is told with the command that mends it,
// and the command does so.
func secrets(m *machine.Machine) {
	m.T.Helper()
	m.Run(`printf 'upstream:\n  mail: {address: "imap.example.org:993", auth: master, master_user: pb, master_password_file: /etc/popbridge/master}\nlistener:\n  pop3: {address: ":110", plaintext_auth: true}\nroute:\n  - {upstream: mail, login: device}\n' >/m.yaml; chmod 644 /m.yaml`)
	m.Run("umask 077; echo opensesame >/etc/popbridge/master")
	check := as + "popbridge check --config /m.yaml"
	said, code := m.Try(check)
	mend := regexp.MustCompile(`(?m)upstream\.mail\.master_password_file: /etc/popbridge/master cannot be read: permission denied; popbridge runs as user popbridge and group popbridge, /etc/popbridge/master belongs to root:root and has mode 0600; run: (.*)$`).FindStringSubmatch(said)
	if code != 2 || mend == nil {
		m.T.Fatalf("check says with exit code %d\n%s", code, said)
	}
	m.Run(mend[1])
	if said, code := m.Try(check); code != 0 || strings.Contains(said, "every user") {
		m.T.Errorf("after %q, check says\n%s", mend[1], said)
	}
	m.Run("rm /etc/popbridge/master")
	// What systemd hands over to a running service is found from a shell too.
	m.Run("sed -i 's|/etc/popbridge/master|\"${CREDENTIALS_DIRECTORY}/master\"|' /m.yaml")
	if said, code := m.Try(check); code != 2 || !strings.Contains(said, "CREDENTIALS_DIRECTORY is not set, so master cannot be found") {
		m.T.Errorf("without credentials, check says with exit code %d\n%s", code, said)
	}
	m.Run("install -d -o popbridge -m 500 /run/credentials/popbridge.service; echo opensesame >/run/credentials/popbridge.service/master")
	m.Run("chmod 400 /run/credentials/popbridge.service/master; chown popbridge /run/credentials/popbridge.service/master; " + check)
}
