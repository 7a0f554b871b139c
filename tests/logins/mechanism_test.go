package logins_test

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"net"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"popbridge/tests/bridge"
)

// decode is what a challenge says.
func decode(t *testing.T, line string) string {
	t.Helper()
	octets, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, "+ "))
	if err != nil || !strings.HasPrefix(line, "+ ") {
		t.Fatalf("%q is no challenge: %v", line, err)
	}
	return string(octets)
}

// greeted connects and gives the greeting too.
func greeted(t *testing.T, address string) (*bridge.Client, string) {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := bridge.Use(t, nc)
	return c, c.Expect("+OK popbridge ready")
}

// way is one way to log in with a device password. It gives the last reply.
type way struct {
	name string
	in   func(t *testing.T, address, name, password string) (*bridge.Client, string)
}

// ways are all of them.
var ways = []way{
	{"USER", func(t *testing.T, address, name, password string) (*bridge.Client, string) {
		c := bridge.Dial(t, address)
		c.OK("USER " + name)
		c.Send("PASS " + password + "\r\n")
		return c, c.Line()
	}},
	{"PLAIN", func(t *testing.T, address, name, password string) (*bridge.Client, string) {
		c := bridge.Dial(t, address)
		c.Send("AUTH PLAIN " + base64Of("\x00"+name+"\x00"+password) + "\r\n")
		return c, c.Line()
	}},
	{"LOGIN", func(t *testing.T, address, name, password string) (*bridge.Client, string) {
		c := bridge.Dial(t, address)
		c.Send("AUTH LOGIN\r\n")
		for _, answer := range []string{name, password} {
			c.Expect("+ ")
			c.Send(base64Of(answer) + "\r\n")
		}
		return c, c.Line()
	}},
	{"SCRAM-SHA-256", inBySCRAM},
	{"CRAM-MD5", func(t *testing.T, address, name, password string) (*bridge.Client, string) {
		c := bridge.Dial(t, address)
		c.Send("AUTH CRAM-MD5\r\n")
		mac := hmac.New(md5.New, []byte(password))
		mac.Write([]byte(decode(t, c.Line())))
		c.Send(base64Of(name+" "+hex.EncodeToString(mac.Sum(nil))) + "\r\n")
		return c, c.Line()
	}},
	{"APOP", func(t *testing.T, address, name, password string) (*bridge.Client, string) {
		c, greeting := greeted(t, address)
		sum := md5.Sum([]byte(greeting[strings.IndexByte(greeting, '<'):] + password))
		c.Send("APOP " + name + " " + hex.EncodeToString(sum[:]) + "\r\n")
		return c, c.Line()
	}},
}

func inBySCRAM(t *testing.T, address, name, password string) (*bridge.Client, string) {
	client, err := scram.SHA256.NewClientUnprepped(name, password, "")
	if err != nil {
		t.Fatal(err)
	}
	dialogue := client.NewConversation()
	c := bridge.Dial(t, address)
	c.Send("AUTH SCRAM-SHA-256\r\n")
	for {
		line := c.Line()
		if !strings.HasPrefix(line, "+ ") {
			if strings.HasPrefix(line, "+OK") && !dialogue.Valid() {
				t.Error("the server has not shown that it knows the password")
			}
			return c, line
		}
		answer, err := dialogue.Step(decode(t, line))
		if err != nil {
			t.Fatal(err)
		}
		c.Send(base64Of(answer) + "\r\n")
	}
}
