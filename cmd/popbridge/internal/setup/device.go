package setup

import (
	"fmt"
	"net"
	"os"
	"strings"

	"popbridge/configs"
)

// Typed tells what to type into the device. The password is its own; where that is
// empty, whose password it types follows from the provider.
func (a Answers) Typed(l configs.Listener, password string) string {
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil || host == "" {
		host = thisMachine()
	}
	account, device := a.Account, a.Device
	if account == "" {
		account = "its account"
	}
	if device == "" {
		device = "the device"
	}
	if password == "" {
		password = a.ownPassword()
	}
	return fmt.Sprintf(`Type this into %s:

  server     %s
  protocol   POP3
  port       %s
  TLS        %s
  user name  %s
  password   %s
`, device, host, port, security(l.TLS), account, password)
}

// TypedToSend tells what to type into the device besides, so that it can send.
func (a Answers) TypedToSend(l configs.Listener) string {
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil || host == "" {
		host = thisMachine()
	}
	return fmt.Sprintf(`To let it send as well (SMTP, with authentication):

  server     %s
  port       %s
  TLS        %s
  user name and password as above
`, host, port, security(l.TLS))
}

// ownPassword tells of a password that popbridge has not made.
func (a Answers) ownPassword() string {
	switch {
	case a.server():
		return "the mailbox's own"
	case a.ByToken() && a.Account == "":
		return "make one: popbridge account device add ACCOUNT DEVICE --password"
	case a.ByToken():
		return "the one that was printed when it was made"
	case a.Provider == configs.ProviderGmail:
		return "an app password of the mailbox, from https://myaccount.google.com/apppasswords"
	}
	return "an app password of the mailbox, which its owner creates in the account settings"
}

func security(t configs.TLS) string {
	switch t {
	case configs.TLSImplicit:
		return "yes, from the start (SSL/TLS)"
	case configs.TLSStartTLS:
		return "STARTTLS"
	}
	return "none"
}

// thisMachine is the name that devices may know this machine by, and its addresses.
func thisMachine() string {
	name, err := os.Hostname()
	if err != nil {
		name = "this machine"
	}
	var addresses []string
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			addresses = append(addresses, n.IP.String())
		}
	}
	if len(addresses) == 0 {
		return name
	}
	return name + ", or " + strings.Join(addresses, ", ")
}
