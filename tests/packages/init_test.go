package packages

import (
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/authserver"
	"popbridge/tests/bridge"
	"popbridge/tests/machine"
	"popbridge/tests/servers"
)

const message = "From: bob@example.org\r\nTo: alice@example.org\r\nSubject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nText.\r\n"

// newcomer types lines on a machine that knows nothing of popbridge.
type newcomer struct {
	*machine.Machine
	typed []string
}

// types runs a line of a shell to its end.
func (n *newcomer) types(line string) {
	n.T.Helper()
	n.typed = append(n.typed, line)
	n.Run(line)
}

// asks runs a line that asks for something; answer is called with what it says until it
// has said the text, and gives what is typed then, if anything is.
func (n *newcomer) asks(line, text string, answer func(said string) string) (said string) {
	n.T.Helper()
	n.typed = append(n.typed, line)
	command := n.Command("sh", "-c", "exec "+line)
	in, err := command.StdinPipe()
	if err != nil {
		n.T.Fatal(err)
	}
	b := bridge.RunCommand(n.T, command)
	b.Await(text)
	if typed := answer(b.Output()); typed != "" {
		n.typed = append(n.typed, typed)
		if _, err := io.WriteString(in, typed+"\n"); err != nil {
			n.T.Fatal(err)
		}
	}
	if code := b.Wait(); code != 0 {
		n.T.Fatalf("%s: exit code %d\n%s", line, code, b.Output())
	}
	return b.Output()
}

var execStart = regexp.MustCompile(`(?m)^ExecStart=/usr/bin/(.*)$`)

// serves is what systemd would start now.
func (n *newcomer) serves() *bridge.Bridge {
	n.T.Helper()
	m := execStart.FindStringSubmatch(n.Run("cat /usr/lib/systemd/system/popbridge.service"))
	if m == nil {
		n.T.Fatal("the unit starts nothing")
	}
	command := n.Command("sh", "-c", "exec "+as+m[1])
	command.Env = append(command.Env, "STATE_DIRECTORY=/var/lib/popbridge")
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	b := bridge.RunCommand(n.T, command)
	b.Await("popbridge is ready")
	return b
}

var shownPassword = regexp.MustCompile(`(?m)^  password   (\S+)$`)

// TestFromNothing: a package is installed, init is answered, and a device retrieves. Few
// lines are typed, no path among them, and what is written is for the service to read
// and for nobody else.
func TestFromNothing(t *testing.T) {
	t.Parallel()
	a := authserver.New(t, time.Hour)
	tokens := a.Dovecot("", authserver.ClientID, user, message)
	passwords := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{user: "wonderland"}})
	servers.Dial(t, passwords.IMAP, user, "wonderland").Append([]byte(message))
	microsoft := func(scopes string) []string {
		const key = "POPBRIDGE_UPSTREAM_MICROSOFT_"
		return []string{key + "ADDRESS=" + tokens.IMAP, key + "TLS=none", key + "OAUTH2_SCOPES=" + scopes, key + "OAUTH2_TOKEN_URL=" + a.URL + "/oauth/token",
			key + "OAUTH2_DEVICE_URL=" + a.URL + "/device_authorization", key + "OAUTH2_AUTH_URL=" + a.URL + "/authorize"}
	}
	const atMicrosoft = "--provider microsoft365 --tenant example.org --client-id " + authserver.ClientID + " --device scanner --flow "
	deb := only(t, release(t), "popbridge_0.1.0-1_"+runtime.GOARCH+".deb")
	n := &newcomer{Machine: machine.New(t)}
	n.Bring(deb)
	const install = "dpkg --install popbridge_*.deb"
	n.Run(install) // once: what follows puts back what it has brought
	n.Expect("cmp /etc/popbridge/popbridge.yaml /usr/share/doc/popbridge/examples/popbridge.yaml", "")
	for _, c := range []struct {
		name, flags string
		env         []string
		until       string
		answer      func(said string) string
		files       string // beside the configuration
		password    string // which the device types; empty: the one that init has made
	}{
		{
			name: "Dovecot", flags: "--provider imap --address " + passwords.IMAP,
			until: "The password of " + user, answer: func(string) string { return "wonderland" }, password: "wonderland",
		},
		{
			name: "secret", flags: atMicrosoft + "client_credentials --proof secret", env: microsoft("imap"), files: "microsoft_secret",
			until: "The client secret", answer: func(string) string { return authserver.ClientSecret + "\n" },
		},
		{
			name: "device", flags: atMicrosoft + "device", env: microsoft("imap, offline_access"), files: "secrets_key",
			until: "This command waits for it.", answer: func(said string) string { a.Enter(said, user); return "" },
		},
		{
			name: "code", flags: atMicrosoft + "code --format hcl", env: microsoft("openid, offline_access"), files: "popbridge.hcl secrets_key",
			until: "This command waits for it.", answer: func(said string) string { a.Browse(said, user); return "" },
		},
		{
			name: "certificate", flags: atMicrosoft + "client_credentials --proof certificate", env: microsoft("imap"), files: "microsoft.key microsoft.pem",
			until: "Press Enter when that is done", answer: func(said string) string {
				a.Prove(a.SignedBy(upload(t, said)))
				return "\n"
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.T = t
			n.Env = append(c.env, "POPBRIDGE_LISTENER_POP3_ADDRESS=127.0.0.1:0")
			n.Run("rm -rf /etc/popbridge/* /var/lib/popbridge/*; install -m 640 -g popbridge /usr/share/doc/popbridge/examples/popbridge.yaml /etc/popbridge")
			n.typed = []string{install}
			said := n.asks("popbridge init --account "+user+" --network local --sending no "+c.flags, c.until, c.answer)
			bridge.Has(t, said, ": ok: account "+user, "user name  "+user, "\n  systemctl enable --now popbridge\n")
			n.types("systemctl enable --now popbridge")
			if len(n.typed) >= 10 || strings.Contains(strings.Join(n.typed, " "), "/") {
				t.Errorf("this was typed:\n%s", strings.Join(n.typed, "\n"))
			}
			n.Expect("cd /etc/popbridge && stat -c '%A %U:%G' * | sort -u", "-rw-r----- root:popbridge")
			n.Expect("cd /etc/popbridge && ls | grep -v popbridge.yaml | xargs", c.files)
			if c.password == "" {
				c.password = shownPassword.FindStringSubmatch(said)[1]
				n.Expect("stat -c '%A %U:%G' /var/lib/popbridge/* | sort -u", "-rw------- popbridge:popbridge")
			}
			b := n.serves()
			device := bridge.Login(t, b.Address("pop3"), user, c.password)
			if got := string(device.Message("RETR 1")); got != message {
				t.Errorf("RETR 1 gives %q", got)
			}
			device.Quit()
			// Commands find the configuration and the state, whoever types them.
			bridge.Has(t, n.Run("popbridge account show "+user), user)
			n.Expect("stat -c '%U:%G' /var/lib/popbridge/* | sort -u", "popbridge:popbridge")
			b.Signal(syscall.SIGTERM)
			if code := b.Wait(); code != 0 {
				t.Errorf("the service ended with %d", code)
			}
		})
	}
}

var shownCertificate = regexp.MustCompile(`(?s)-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----\n`)

// upload puts the certificate that init shows where the authorization server reads it.
func upload(t *testing.T, said string) (path string) {
	t.Helper()
	path = t.TempDir() + "/uploaded.pem"
	if err := os.WriteFile(path, []byte(shownCertificate.FindString(said)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
