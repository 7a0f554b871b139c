package translate

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// LoginRules are the operator's login block.
type LoginRules struct {
	DefaultDomain   string // appended to a login without '@'
	Lowercase       bool
	DeviceSeparator string // empty: logins name no device
}

// Login is who a device says it is.
type Login struct {
	// Account is the mailbox's owner, after DefaultDomain, Lowercase and removal
	// of the device.
	Account string
	// Device is empty where the login names none: then the account is the device.
	Device string
}

// MaxLogin is the greatest length of a login name in octets.
const MaxLogin = 1024

// Parse takes a login name apart. It fails where no account is left, or where a
// control octet could become something else than data upstream (CWE-158).
func (r LoginRules) Parse(name string) (Login, error) {
	if len(name) > MaxLogin {
		return Login{}, errors.New("login name is longer than 1024 octets")
	}
	for i := range len(name) {
		if name[i] < 0x20 || name[i] == 0x7F {
			return Login{}, errors.New("login name holds a control octet")
		}
	}
	if strings.Count(name, "@") > 1 {
		// "boss@internal@example.org" would match routes for example.org, and
		// could expand to "boss@internal".
		return Login{}, errors.New("login name holds more than one @")
	}
	if r.Lowercase {
		name = lower(name)
	}
	l := r.split(name)
	if l.Account != "" && !strings.Contains(l.Account, "@") && r.DefaultDomain != "" {
		l.Account += "@" + r.DefaultDomain
	}
	if local, _, _ := strings.Cut(l.Account, "@"); local == "" {
		return Login{}, errors.New("login name holds no account")
	}
	return l, nil
}

// split takes the device off. "alice@example.org+scanner" comes first, since
// "alice+tag@example.org+scanner" can only mean that; it is not tried with a
// separator that a domain may hold itself.
func (r LoginRules) split(name string) Login {
	sep := r.DeviceSeparator
	if sep == "" {
		return Login{Account: name}
	}
	local, domain, hasDomain := cutLast(name, "@")
	if hasDomain && !strings.ContainsAny(sep, ".-") {
		if domain, device, ok := strings.Cut(domain, sep); ok {
			return Login{Account: local + "@" + domain, Device: device}
		}
	}
	base, device, ok := cutLast(local, sep)
	if !ok {
		return Login{Account: name}
	}
	if hasDomain {
		base += "@" + domain
	}
	return Login{Account: base, Device: device}
}

// cutLast is strings.Cut around the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// lower folds letters; octets that are not UTF-8 stay as they are.
func lower(s string) string {
	if utf8.ValidString(s) {
		return strings.ToLower(s)
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Expand makes the login upstream from a route's account template: {local} and
// {domain} are the account's halves, {user} is all of it, {device} the device.
// An empty template is {user}.
func (l Login) Expand(template string) string {
	if template == "" {
		return l.Account
	}
	local, domain, _ := cutLast(l.Account, "@")
	return strings.NewReplacer("{local}", local, "{domain}", domain, "{user}", l.Account, "{device}", l.Device).Replace(template)
}
