package translate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// MaxUniqueID is the greatest length of a unique-id in octets (RFC 1939 §7).
const MaxUniqueID = 70

// presets are the formats that real servers send, as Dovecot-style templates.
// The source of each is its server's own code; see the README.
var presets = map[string]string{
	"dovecot":       "%08Xu%08Xv",
	"dovecot-0.99":  "%v.%u",
	"uw":            "%08Xv%08Xu",
	"cyrus":         "%v.%u",
	"cyrus-old":     "%u",
	"courier-style": "%v-%u",
	"hmailserver":   "%u",
	"stalwart":      "%v%u",
}

const gmailPreset = "gmail"

// Presets lists the names that ParseFormat knows, sorted.
func Presets() []string {
	names := []string{gmailPreset}
	for name := range presets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Format makes unique-ids. The zero Format is the preset dovecot.
//
// A template is text with the variables %v (UIDVALIDITY) and %u (UID), in
// decimal or, with an X before the letter, in lower-case hexadecimal; %08Xu is
// padded with zeros on the left to 8 digits and cut to the right-most 8, which
// is what Dovecot's pop3_uidl_format does. %% is a percent sign.
type Format struct {
	name  string
	parts []part
	gmail bool
}

// part is a run of literal text, or one variable.
type part struct {
	text     string
	variable byte // 'u', 'v', or 0 for literal text
	width    int  // 0: as many digits as it takes
	hex      bool
}

// ParseFormat takes a preset's name or a template. It refuses what could give
// two messages of a mailbox one unique-id, or one that RFC 1939 §7 forbids.
func ParseFormat(s string) (Format, error) {
	if s == gmailPreset {
		return Format{name: s, gmail: true}, nil
	}
	template, ok := presets[s]
	if !ok {
		if !strings.Contains(s, "%") {
			return Format{}, fmt.Errorf("%q is neither a preset (%s) nor a template such as \"%%08Xu%%08Xv\"", s, strings.Join(Presets(), ", "))
		}
		template = s
	}
	parts, err := parseTemplate(template)
	if err != nil {
		return Format{}, fmt.Errorf("template %q: %w", s, err)
	}
	return Format{name: s, parts: parts}, nil
}

func parseTemplate(t string) ([]part, error) {
	var parts []part
	unique, longest := false, 0
	for t != "" {
		p, rest, err := parsePart(t)
		if err != nil {
			return nil, err
		}
		t = rest
		longest += p.longest()
		if p.variable == 'u' {
			if p.width != 0 && p.width < (part{variable: 'u', hex: p.hex}).longest() {
				return nil, fmt.Errorf("a width of %d cuts UIDs so that two messages could get one unique-id; use %%u, %%08Xu or %%010u", p.width)
			}
			unique = true
		}
		parts = append(parts, p)
	}
	if !unique {
		return nil, errors.New("it has no %u, so all messages would get one unique-id")
	}
	if longest > MaxUniqueID {
		return nil, fmt.Errorf("it can become %d characters long; RFC 1939 allows %d", longest, MaxUniqueID)
	}
	return parts, nil
}

// parsePart takes one variable, or the literal text before the next one.
func parsePart(t string) (part, string, error) {
	if t[0] != '%' || strings.HasPrefix(t, "%%") {
		return parseText(t)
	}
	i := 1
	for i < len(t) && t[i] >= '0' && t[i] <= '9' {
		i++
	}
	var p part
	if digits := t[1:i]; digits != "" {
		if digits[0] != '0' || digits == "0" {
			return p, "", fmt.Errorf("a width begins with 0, as in %%08Xu, not %%%s", digits)
		}
		width, err := strconv.Atoi(digits)
		if err != nil || width > MaxUniqueID {
			return p, "", fmt.Errorf("width %s is too large", digits)
		}
		p.width = width
	}
	if i < len(t) && t[i] == 'X' {
		p.hex = true
		i++
	}
	if i == len(t) {
		return p, "", errors.New("it ends in the middle of a variable")
	}
	switch t[i] {
	case 'u', 'v':
		p.variable = t[i]
		return p, t[i+1:], nil
	case 'f', 'g', 'm', 'M':
		return p, "", fmt.Errorf("%%%c needs the server's own files, which IMAP does not show; only %%u and %%v can be computed", t[i])
	}
	return p, "", fmt.Errorf("variable %q is not known; %%u is the UID, %%v the UIDVALIDITY", t[:i+1])
}

func parseText(t string) (part, string, error) {
	text, rest := t, ""
	if t[0] == '%' {
		text, rest = "%", t[2:]
	} else if i := strings.IndexByte(t, '%'); i >= 0 {
		text, rest = t[:i], t[i:]
	}
	for _, c := range []byte(text) {
		if c < 0x21 || c > 0x7E {
			return part{}, "", fmt.Errorf("character 0x%02x is not allowed in a unique-id; 0x21 to 0x7e are", c)
		}
	}
	return part{text: text}, rest, nil
}

// longest is the greatest number of characters that the part can become.
func (p part) longest() int {
	switch {
	case p.variable == 0:
		return len(p.text)
	case p.width != 0:
		return p.width
	case p.hex:
		return 8
	default:
		return 10
	}
}

// String gives the preset's name or the template, as the operator wrote it.
func (f Format) String() string {
	if f.name == "" {
		return "dovecot"
	}
	return f.name
}

// MarshalText gives the preset's name or the template.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is ParseFormat.
func (f *Format) UnmarshalText(text []byte) error {
	parsed, err := ParseFormat(string(text))
	if err == nil {
		*f = parsed
	}
	return err
}

// NeedsGmailID reports whether unique-ids come from X-GM-MSGID, so that the
// upstream has to list it and to be Gmail.
func (f Format) NeedsGmailID() bool { return f.gmail }

const gmailPrefix = "GmailId"

// GmailUniqueID is what Gmail's own POP3 server sends for a message.
func GmailUniqueID(msgID uint64) string { return gmailPrefix + strconv.FormatUint(msgID, 16) }

// isGmail reports whether an upstream's unique-id is Gmail's: a listing that is
// shared holds it for messages that were served with another format too.
func isGmail(id string) bool { return strings.HasPrefix(id, gmailPrefix) }

var dovecotParts = []part{{variable: 'u', width: 8, hex: true}, {variable: 'v', width: 8, hex: true}}

// Append adds to dst the unique-id of the message with this UID.
func (f Format) Append(dst []byte, validity uint32, uid imap.UID) []byte {
	return f.append(dst, validity, uid)
}

// append is Append without a copy of the format, of which there is a call for each line.
func (f *Format) append(dst []byte, validity uint32, uid imap.UID) []byte {
	parts := f.parts
	if parts == nil {
		parts = dovecotParts
	}
	for i := range parts {
		switch p := &parts[i]; p.variable {
		case 'u':
			dst = p.appendNumber(dst, uint32(uid))
		case 'v':
			dst = p.appendNumber(dst, validity)
		default:
			dst = append(dst, p.text...)
		}
	}
	return dst
}

func (p *part) appendNumber(dst []byte, n uint32) []byte {
	switch {
	case p.hex && p.width == 8:
		// By far the most common (Dovecot, UW), for each of very many messages.
		return append(dst, hexDigits[n>>28], hexDigits[n>>24&15], hexDigits[n>>20&15], hexDigits[n>>16&15],
			hexDigits[n>>12&15], hexDigits[n>>8&15], hexDigits[n>>4&15], hexDigits[n&15])
	case p.width == 0:
		return strconv.AppendUint(dst, uint64(n), p.base())
	}
	var buf [10]byte
	digits := strconv.AppendUint(buf[:0], uint64(n), p.base())
	for i := len(digits); i < p.width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, digits[max(0, len(digits)-p.width):]...)
}

func (p *part) base() int {
	if p.hex {
		return 16
	}
	return 10
}

const hexDigits = "0123456789abcdef"
