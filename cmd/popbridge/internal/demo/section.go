package demo

import (
	"bytes"
	"mime"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// section returns the octets that BODY[…] names (RFC 9051 §6.4.5.1): pieces of
// the message as it is, never a header serialised anew. What is not there is
// empty.
func section(octets []byte, s *imap.FetchItemBodySection) []byte {
	return partial(whole(octets, s), s.Partial)
}

func whole(octets []byte, s *imap.FetchItemBodySection) []byte {
	piece, ok := findPart(octets, s.Part)
	if !ok {
		return nil
	}
	header, body := split(piece)
	if len(s.Part) > 0 {
		switch s.Specifier {
		case imap.PartSpecifierNone:
			return body
		case imap.PartSpecifierHeader, imap.PartSpecifierText:
			// These two are of a forwarded message, not of the part that holds it.
			if !isMessage(header) {
				return nil
			}
			header, body = split(body)
		}
	}
	switch s.Specifier {
	case imap.PartSpecifierText:
		return body
	case imap.PartSpecifierHeader, imap.PartSpecifierMIME:
		return selectFields(header, s)
	}
	return piece
}

// partial cuts <offset.size>; beyond the end there is nothing.
func partial(octets []byte, p *imap.SectionPartial) []byte {
	if p == nil {
		return octets
	}
	from := min(p.Offset, int64(len(octets)))
	return octets[from:][:min(p.Size, int64(len(octets))-from)]
}

// split divides a message after the first empty line, which belongs to the
// header. Without one, all is header.
func split(octets []byte) (header, body []byte) {
	rest := octets
	for len(rest) > 0 {
		line := nextLine(rest)
		rest = rest[len(line):]
		if isBlank(line) {
			break
		}
	}
	n := len(octets) - len(rest)
	return octets[:n:n], rest
}

// nextLine is the first line of octets with its line end, if it has one.
func nextLine(octets []byte) []byte {
	if i := bytes.IndexByte(octets, '\n'); i >= 0 {
		return octets[:i+1]
	}
	return octets
}

func isBlank(line []byte) bool { return string(line) == "\r\n" || string(line) == "\n" }

// selectFields keeps the fields that HEADER.FIELDS or HEADER.FIELDS.NOT names,
// octet for octet and in their order, and ends with the empty line that the
// answer must have even where the message has none.
func selectFields(header []byte, s *imap.FetchItemBodySection) []byte {
	names, keep := s.HeaderFields, true
	if len(names) == 0 {
		names, keep = s.HeaderFieldsNot, false
	}
	if len(names) == 0 {
		return header
	}
	var kept []byte
	for _, f := range fields(header) {
		named := false
		for _, name := range names {
			named = named || strings.EqualFold(name, f.name)
		}
		if named == keep {
			kept = append(kept, f.octets...)
		}
	}
	if len(kept) > 0 && kept[len(kept)-1] != '\n' {
		kept = append(kept, "\r\n"...)
	}
	return append(kept, "\r\n"...)
}

// field is one header field with its continuation lines.
type field struct {
	name   string
	octets []byte
}

// value is the field's body, unfolded (RFC 5322 §2.2.3).
func (f field) value() string {
	_, v, _ := bytes.Cut(f.octets, []byte(":"))
	return strings.TrimSpace(strings.NewReplacer("\r\n", "", "\n", "").Replace(string(v)))
}

// fields lists the fields of a header. A line that is none has an empty name.
func fields(header []byte) []field {
	var list []field
	for len(header) > 0 {
		line := nextLine(header)
		if isBlank(line) {
			break
		}
		header = header[len(line):]
		if n := len(list); n > 0 && (line[0] == ' ' || line[0] == '\t') {
			last := &list[n-1]
			last.octets = last.octets[:len(last.octets)+len(line)] // the lines are neighbours
			continue
		}
		name, _, found := bytes.Cut(line, []byte(":"))
		f := field{octets: line}
		if found {
			f.name = strings.TrimRight(string(name), " \t")
		}
		list = append(list, f)
	}
	return list
}

// headerValue is that of the first field of the name, empty without one.
func headerValue(header []byte, name string) string {
	for _, f := range fields(header) {
		if strings.EqualFold(f.name, name) {
			return f.value()
		}
	}
	return ""
}

// contentType reads Content-Type; what cannot be read is text/plain
// (RFC 2045 §5.2).
func contentType(header []byte) (string, map[string]string) {
	t, params, err := mime.ParseMediaType(headerValue(header, "Content-Type"))
	if err != nil {
		return "text/plain", nil
	}
	return t, params
}

func isMessage(header []byte) bool {
	t, _ := contentType(header)
	return t == "message/rfc822" || t == "message/global"
}
