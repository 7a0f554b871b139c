package setup

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"popbridge/configs"
)

// Question is one of what has to be known.
type Question struct {
	Flag    string // what answers it on the command line, without the dashes
	Text    string // as it is asked
	Default func(Answers) string
	Wanted  func(Answers) bool // whether it has to be answered, after the answers before it
	For     string             // where it is of use, for the error of a flag that is not wanted
	Set     func(*Answers, string) error
}

// choices are the numbers that the first question takes besides words.
var choices = map[string]string{"1": "microsoft365", "2": "google_workspace", "3": "gmail", "4": "imap"}

// Questions are all, in the order in which they are asked. Those of an application at
// Microsoft come last: they are answered by what a person does there.
func Questions() []Question {
	fixed := func(text string) func(Answers) string { return func(Answers) string { return text } }
	byToken := Answers.ByToken
	microsoft := Answers.Microsoft
	return []Question{
		{Flag: "provider", Text: "Where is the mail?\n  1  Microsoft 365\n  2  Google Workspace\n  3  gmail.com\n  4  another IMAP server\n(or yahoo, icloud, fastmail, zoho, qq, netease163)", Default: fixed("4"),
			Wanted: always, Set: setProvider},
		{Flag: "address", Text: "The IMAP server, such as imap.example.org", Wanted: Answers.server, For: "another IMAP server (--provider imap)", Set: setAddress},
		{Flag: "account", Text: "An account for the device to read, such as alice@example.org", Wanted: func(a Answers) bool { return a.Domain == "" }, Set: setAccount},
		{Flag: "device", Text: "A name for the device", Default: fixed("scanner"), Wanted: byToken, Set: setDevice},
		{Flag: "network", Text: "Which networks do devices connect from, such as 10.1.0.0/16? (local: all private networks)", Default: fixed("local"), Wanted: always, Set: setNetworks},
		{Flag: "sending", Text: "Will devices send mail too? (no or yes; for another IMAP server, no or the name of its submission server, such as smtp.example.org)", Default: fixed("no"), Wanted: always, Set: setSending},
		{Flag: "flow", Text: "How does popbridge get access to mailboxes?\n  client_credentials  an administrator grants it, once for each mailbox\n  device, code        the owner of each mailbox signs in once", Default: fixed("client_credentials"),
			Wanted: microsoft, For: "Microsoft 365", Set: setFlow},
		{Flag: "proof", Text: "How does the application identify itself?\n  secret       with a secret from the portal, which expires after two years at most\n  certificate  with a certificate that is made now, and that you upload", Default: fixed(proofSecret),
			Wanted: Answers.choosesProof, For: "the flow client_credentials of Microsoft 365", Set: setProof},
		{Flag: "tenant", Text: "The directory (tenant): its id, or one of its domains", Default: func(a Answers) string { return a.Domain }, Wanted: microsoft, For: "Microsoft 365", Set: setWord("a directory's id or domain", func(a *Answers) *string { return &a.Tenant })},
		{Flag: "client-id", Text: "The application (client) ID", Wanted: microsoft, For: "Microsoft 365", Set: setWord("an application's id", func(a *Answers) *string { return &a.ClientID })},
	}
}

func always(Answers) bool { return true }

func setProvider(a *Answers, text string) error {
	if word, ok := choices[text]; ok {
		text = word
	}
	if text == "imap" {
		text = configs.ProviderOther.String()
	}
	if err := a.Provider.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("%q is not a provider; write microsoft365, google_workspace, gmail, yahoo, icloud, fastmail, zoho, qq, netease163, or imap for another server", text)
	}
	return nil
}

// setSending takes yes, no, or a server.
func setSending(a *Answers, text string) error {
	a.Sends, a.Submission = text != "no", ""
	switch {
	case text == "no", text == "yes" && !a.server():
		return nil
	case text == "yes":
		return errors.New("which server accepts mail? Write its name instead of yes, such as smtp.example.org, or no")
	case !a.server():
		return fmt.Errorf("%q is not understood; write yes or no, popbridge knows the server of this provider", text)
	case !strings.ContainsAny(text, ".:"):
		return fmt.Errorf("%q is not understood; write no, or the server that accepts mail, such as smtp.example.org, or mail:587 for one without a domain", text)
	}
	a.Submission = text
	return isServer(text, "smtp.example.org or smtp.example.org:465")
}

// hostName is a name of DNS.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func setAddress(a *Answers, text string) error {
	a.Address = text
	return isServer(text, "imap.example.org or imap.example.org:993")
}

// isServer looks whether a text names a server, with a port or without.
func isServer(text, such string) error {
	host := text
	if h, port, err := net.SplitHostPort(text); err == nil {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%q has no port between 1 and 65535; write host:port, or just the host", text)
		}
		host = h
	}
	if _, err := netip.ParseAddr(host); err != nil && !hostName.MatchString(host) {
		return fmt.Errorf("%q is not a server; write just its name, such as %s", text, such)
	}
	return nil
}

func setAccount(a *Answers, text string) error {
	local, domain, _ := strings.Cut(text, "@")
	switch {
	case local == "" || strings.ContainsAny(text, " \t*?[]{}\"\\") || strings.Count(text, "@") > 1:
		return fmt.Errorf("%q is not an account; write what the owner logs in with, such as alice@example.org", text)
	case a.Provider != configs.ProviderOther && domain == "":
		return fmt.Errorf("%q has no domain; write the whole address, such as alice@example.org", text)
	}
	a.Account = text
	if a.Domain == "" {
		a.Domain = domain
	}
	return nil
}

// SetDomain takes the domain whose accounts devices may log in as.
func SetDomain(a *Answers, text string) error {
	if !hostName.MatchString(text) || !strings.Contains(text, ".") {
		return fmt.Errorf("%q is not a domain; write for example example.org", text)
	}
	a.Domain = text
	return nil
}

func setDevice(a *Answers, text string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`).MatchString(text) {
		return fmt.Errorf("%q is not a name for a device; use letters and digits, such as scanner", text)
	}
	a.Device = text
	return nil
}

func setNetworks(a *Answers, text string) error {
	a.Networks = nil
	if text == "local" {
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		network, err := netip.ParsePrefix(strings.TrimSpace(item))
		switch {
		case err != nil:
			return fmt.Errorf("%q is not a network; write for example 10.1.0.0/16, several with commas, or local for all private networks", item)
		case network.Bits() == 0:
			return errors.New("devices could then send passwords over the internet in the clear; name their networks, or see docs/internet-port.md for TLS")
		}
		a.Networks = append(a.Networks, network.Masked())
	}
	return nil
}

func setFlow(a *Answers, text string) error {
	if err := a.Flow.UnmarshalText([]byte(text)); err != nil || a.Flow == configs.FlowJWT {
		return fmt.Errorf("%q is not a flow for Microsoft 365; write client_credentials, device or code", text)
	}
	return nil
}

func setProof(a *Answers, text string) error {
	switch text {
	case proofSecret:
		a.Certificate, a.Key = "", ""
	case proofCertificate:
		a.Certificate, a.Key = a.ownPair()
	default:
		return fmt.Errorf("%q is not known; write secret or certificate", text)
	}
	a.Proof = text
	return nil
}

// word is an id or a domain.
var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func setWord(what string, field func(*Answers) *string) func(*Answers, string) error {
	return func(a *Answers, text string) error {
		if !word.MatchString(text) {
			return fmt.Errorf("%q is not %s; copy it from the portal", text, what)
		}
		*field(a) = text
		return nil
	}
}
