package imap

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// base64 as modified UTF-7 has it: "," for "/", no padding (RFC 3501 §5.1.3).
var utf7Encoding = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// EncodeMailbox gives the wire form of a mailbox name, modified UTF-7 (RFC 3501 §5.1.3). A name that is not UTF-8, or holds control
// characters, is refused with ErrUnsafeString.
func EncodeMailbox(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", fmt.Errorf("%w: the mailbox name is not UTF-8", ErrUnsafeString)
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		switch ch := name[i]; {
		case ch == '&':
			b.WriteString("&-")
			i++
		case ch < 0x20 || ch == 0x7f:
			return "", fmt.Errorf("%w: a control character in the mailbox name", ErrUnsafeString)
		case ch < 0x80:
			b.WriteByte(ch)
			i++
		default:
			end := i
			for end < len(name) && name[end] >= 0x80 {
				end++
			}
			var octets []byte
			for _, unit := range utf16.Encode([]rune(name[i:end])) {
				octets = append(octets, byte(unit>>8), byte(unit))
			}
			b.WriteString("&" + utf7Encoding.EncodeToString(octets) + "-")
			i = end
		}
	}
	return b.String(), nil
}

// DecodeMailbox gives a wire name as a human reads it. One that is not proper modified UTF-7, and servers have them, stays as it is, so
// that what is shown always leads back to exactly one wire name.
func DecodeMailbox(wire string) string {
	if strings.IndexByte(wire, '&') < 0 {
		return wire
	}
	var b strings.Builder
	for rest := wire; rest != ""; {
		before, after, shifted := strings.Cut(rest, "&")
		b.WriteString(before)
		if !shifted {
			break
		}
		code, behind, closed := strings.Cut(after, "-")
		if !closed {
			return wire
		}
		if code == "" {
			b.WriteByte('&')
		}
		octets, err := utf7Encoding.Strict().DecodeString(code)
		if err != nil || len(octets)%2 != 0 {
			return wire
		}
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
		}
		b.WriteString(string(utf16.Decode(units)))
		rest = behind
	}
	// What does not come back to the same octets was not proper: odd surrogates, ASCII in disguise, raw octets.
	if again, err := EncodeMailbox(b.String()); err != nil || again != wire {
		return wire
	}
	return b.String()
}
