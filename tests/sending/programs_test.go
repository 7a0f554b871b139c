package sending_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCurlSends(t *testing.T) {
	s := open(t, "", "", "")
	text := "From: Alice <alice@example.org>\r\nTo: bob@example.org\r\nSubject: by curl\r\n\r\nHello\r\n.dot\r\n"
	file := filepath.Join(t.TempDir(), "m")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("curl", "-sS", "-v", "smtp://"+s.Address("submission"), "--user", alice+":"+password, "--mail-from", alice, "--mail-rcpt", "bob@example.org", "-T", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := string(s.postfix.Delivered(t, "by curl", 1)[0])
	if !strings.HasSuffix(got, unix(text)) {
		t.Errorf("delivered %q", got)
	}
	fmt.Println(got)
	copies := sent(t, s.witness, "Sent", "by curl", 1)
	fmt.Println(string(copies[0]), string(out))
}
