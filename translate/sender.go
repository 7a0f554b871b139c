package translate

import (
	"strings"
)

// SenderPolicy is what is done with a sender that is not the account's.
type SenderPolicy uint8

// The policies for senders.
const (
	// SenderOwn refuses it.
	SenderOwn SenderPolicy = iota
	// SenderRewrite puts the account's address in its place.
	SenderRewrite
	// SenderAny leaves it to the upstream.
	SenderAny
)

var senderWords = []string{"own", "rewrite", "any"}

// String gives the operator's word.
func (s SenderPolicy) String() string { return senderWords[s] }

// MarshalText gives the operator's word.
func (s SenderPolicy) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes one of own, rewrite, any.
func (s *SenderPolicy) UnmarshalText(text []byte) error {
	return unmarshalWord((*uint8)(s), string(text), senderWords)
}

// Sender is who sends: an account with its addresses, and what is done with those
// that are not its own.
type Sender struct {
	Policy SenderPolicy
	// Rules say which names are the account's; a device's name in them makes no
	// other account of it.
	Rules   LoginRules
	Account string
	// Addresses are those of the account, the one first that a foreign sender is
	// replaced by.
	Addresses []string
}

// NewSender knows the addresses of an account: its name upstream, its name here, and
// aliases with {user}, {local} and {domain}.
func NewSender(policy SenderPolicy, rules LoginRules, login Login, upstreamLogin string, aliases []string) Sender {
	s := Sender{Policy: policy, Rules: rules, Account: login.Account}
	for _, name := range []string{upstreamLogin, login.Account} {
		if strings.Contains(name, "@") {
			s.Addresses = append(s.Addresses, name)
		}
	}
	for _, alias := range aliases {
		s.Addresses = append(s.Addresses, login.Expand(alias))
	}
	return s
}

// Owns reports whether an address is the account's. Upper and lower case are one.
func (s Sender) Owns(address string) bool {
	if !strings.Contains(address, "@") {
		return false
	}
	for _, own := range s.Addresses {
		if strings.EqualFold(own, address) {
			return true
		}
	}
	login, err := s.Rules.Parse(address)
	return err == nil && strings.EqualFold(login.Account, s.Account)
}

// ForeignSender is the answer to a sender that is not the account's.
func ForeignSender() *SMTPReply {
	return &SMTPReply{553, EnhancedCode{5, 7, 1}, "the sender is not an address of this account", nil}
}

// Envelope decides on a MAIL FROM: it gives the address that goes upstream. A
// rewritten one is the account's, which has one unless its names have no domain.
func (s Sender) Envelope(address string) (string, *SMTPReply) {
	switch {
	case s.Policy == SenderAny || s.Owns(address):
		return address, nil
	case s.Policy == SenderRewrite && len(s.Addresses) > 0:
		return s.Addresses[0], nil
	}
	return "", ForeignSender()
}

// addressesOf gives the addresses in the value of a From:, one for each element of
// its list: what stands in brackets, else all of it. Comments and quoted names are
// no addresses. It knows no groups: what it cannot read is nobody's address.
func addressesOf(value string) (addresses []string) {
	for _, element := range splitUnquoted(value, ',') {
		element = strings.TrimSpace(element)
		if element == "" {
			continue
		}
		if open := unquoted(element, "<"); open >= 0 {
			inside, behind, _ := strings.Cut(element[open+1:], ">")
			if strings.TrimSpace(uncommented(behind)) != "" {
				inside = "" // whose it is depends on who reads it
			}
			element = inside
		}
		addresses = append(addresses, strings.TrimSpace(uncommented(element)))
	}
	return addresses
}

// splitUnquoted parts a text at an octet that stands in no quotes, brackets or
// comments.
func splitUnquoted(s string, at byte) (parts []string) {
	quoted, deep, begin := false, 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || deep > 0):
			i++
		case c == '"' && deep == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			deep++
		case c == ')' && deep > 0:
			deep--
		case c == at && deep == 0:
			parts = append(parts, s[begin:i])
			begin = i + 1
		}
	}
	return append(parts, s[begin:])
}

// uncommented leaves out what stands in parentheses.
func uncommented(s string) string {
	var b strings.Builder
	deep := 0
	for _, r := range s {
		switch {
		case r == '(':
			deep++
		case r == ')' && deep > 0:
			deep--
		case deep == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}
