package servers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// StartPopa3d starts the unpacked popa3d, as inetd would for each connection; nil
// users means Users(). It has POP3 alone, without TLS. Its unique-ids are hashes
// of headers, so that twins have the same one. It needs root, for a mount
// namespace of its own: its users are those of the system, which there are the
// test's, and its mbox files lie in /var/mail.
func StartPopa3d(t testing.TB, users map[string]string) *Old {
	t.Helper()
	if users == nil {
		users = Users()
	}
	prefix, courier := unpacked(t, "popa3d"), unpacked(t, "courier")
	needs(t, filepath.Join(prefix, "usr/sbin/popa3d"), filepath.Join(courier, "usr/sbin/couriertcpd"))
	if os.Geteuid() != 0 {
		t.Fatal("popa3d has its paths compiled in: only root can give it a mount namespace")
	}
	dir := folder(t)
	port := FreePorts(t, 1)[0]
	s := &Server{
		Name: "popa3d", POP3: local(port), Dir: dir, Log: filepath.Join(dir, "log"),
		MailFolder: func(user string) string { return filepath.Join(dir, "mail", user) },
	}
	// Nothing here speaks TLS, but who waits for a greeting reads the authority.
	s.CAFile = NewCertificate(t, dir).CA
	for _, sub := range []string{"etc/pam.d", "mail"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	systemUsers(t, filepath.Join(dir, "etc"), users)
	own(t, filepath.Join(dir, "mail"), account(t, "mail"))
	script := `mount -t overlay overlay -o "lowerdir=$1:/usr" /usr &&
		mount -t overlay overlay -o "lowerdir=$2:/etc" /etc &&
		mount -t overlay overlay -o "lowerdir=$3:/var/lib" /var/lib &&
		mount --bind "$4" /var/mail && shift 4 && exec "$@"`
	s.programs = []program{{
		argv: []string{
			"/bin/sh", "-c", script, "sh",
			filepath.Join(prefix, "usr") + ":" + filepath.Join(courier, "usr"), filepath.Join(dir, "etc"), filepath.Join(prefix, "var/lib"), filepath.Join(dir, "mail"),
			"/usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=1200", "-maxperip=1200", "-listen=1200", "-nodnslookup", "-noidentlookup",
			strconv.Itoa(port), "/usr/sbin/popa3d",
		},
		env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, namespace: true,
	}}
	s.run(t)
	return &Old{
		Server: s,
		Deliver: func(t testing.TB, login string, messages [][]byte) {
			t.Helper()
			appendMbox(t, s.MailFolder(login), messages)
			own(t, s.MailFolder(login), account(t, "mail"))
		},
	}
}

// systemUsers writes the databases of the system's users with the test's besides,
// and how popa3d asks for their passwords.
func systemUsers(t testing.TB, etc string, users map[string]string) {
	t.Helper()
	mail := account(t, "mail")
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	var shadow strings.Builder
	public := bytes.NewBuffer(passwd)
	fmt.Fprintf(public, "popa3d:x:65533:65534::/var/lib/popa3d:/bin/false\n")
	for login, password := range users {
		fmt.Fprintf(public, "%s:x:%s:%s::/nonexistent:/bin/sh\n", login, mail.Uid, mail.Gid)
		cmd := exec.Command("openssl", "passwd", "-1", "-stdin")
		cmd.Stdin = strings.NewReader(password + "\n")
		hash, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl passwd: %v: run tests/install", err)
		}
		fmt.Fprintf(&shadow, "%s:%s:19000:0:99999:7:::\n", login, bytes.TrimSpace(hash))
	}
	write(t, filepath.Join(etc, "passwd"), public.String(), 0o644)
	write(t, filepath.Join(etc, "shadow"), shadow.String(), 0o600)
	write(t, filepath.Join(etc, "pam.d/popa3d"), "auth required pam_unix.so nodelay\naccount required pam_unix.so\n", 0o644)
}

// appendMbox adds messages to an mbox file, as local delivery does: a line with
// "From " before each, '>' before such lines within, and a blank line behind.
func appendMbox(t testing.TB, path string, messages [][]byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, raw := range messages {
		b.WriteString("From sender@example.net Thu Jan  1 00:00:00 2026\n")
		body := bytes.TrimSuffix(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"))
		b.Write(bytes.ReplaceAll(body, []byte("\nFrom "), []byte("\n>From ")))
		b.WriteString("\n\n")
	}
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// readMbox is the other way, with CRLF line ends. It leaves out what popa3d adds.
func readMbox(t testing.TB, path string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var messages [][]byte
	for part := range bytes.SplitSeq(append([]byte("\n"), bytes.TrimSuffix(data, []byte("\n"))...), []byte("\nFrom ")) {
		_, raw, found := bytes.Cut(part, []byte("\n"))
		if !found || len(part) < 2 {
			continue // before the first
		}
		raw = append(bytes.TrimSuffix(raw, []byte("\n")), '\n')
		raw = bytes.ReplaceAll(raw, []byte("\n>From "), []byte("\nFrom "))
		messages = append(messages, bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n")))
	}
	return messages
}
