package admin_test

import (
	"errors"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestTrailOfWhatIsSent: a message that a device sends is told of, and where it has to be
// and cannot, the upstream does not get it.
func TestTrailOfWhatIsSent(t *testing.T) {
	server := liars.StartSubmission(t, liars.SubmissionOptions{Password: secret})
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	config := fmt.Sprintf(`listener:
  submission: {protocol: smtp, address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail: {address: "127.0.0.1:1", tls: none, submission: {address: %q, tls: none, sent: never}}
audit: {path: %q, fail: closed}
%s`, server.Address(), path, onDisk(t))
	b := bridge.Start(t, config, secret)
	device, err := smtp.Dial(b.Address("submission"))
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	if err := device.Auth(smtp.PlainAuth("", owner, secret, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	send := func(id string) error {
		if err := errors.Join(device.Mail(owner), device.Rcpt(other), device.Rcpt("carol@example.org")); err != nil {
			return err
		}
		w, err := device.Data()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "From: %s\r\nMessage-ID: <%s>\r\n\r\n%s\r\n", owner, id, body)
		return w.Close()
	}
	if err := send("1@example.org"); err != nil {
		t.Fatal(err)
	}
	lines := trail(t, path)
	expectLines(t, "what was sent", lines,
		"login "+owner+"/ done",
		"sent "+owner+"/ <1@example.org> intended",
		"sent "+owner+"/ <1@example.org> done 250")
	if l := lines[2]; l.Listener != "submission" || l.Octets == 0 {
		t.Errorf("it is told as %+v", l)
	}
	if err := errors.Join(os.Remove(path), os.Symlink("/dev/full", path)); err != nil {
		t.Fatal(err)
	}
	b.Reload(config)
	if err := send("2@example.org"); err == nil || !strings.HasPrefix(err.Error(), "451") {
		t.Errorf("what cannot be written down is answered with %v", err)
	}
	if n := len(server.Messages()); n != 1 {
		t.Errorf("the server has %d messages", n)
	}
}
