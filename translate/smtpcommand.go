package translate

import (
	"errors"
	"strings"
)

// SMTPCommand is a line of a device, without its line end.
type SMTPCommand struct{ Verb, Args string }

var errControl = errors.New("the line holds a control octet")

// ParseSMTPCommand takes a line apart. Blanks around it mean nothing; a control octet
// could become a line of its own upstream.
func ParseSMTPCommand(line string) (SMTPCommand, error) {
	for i := range len(line) {
		if line[i] < ' ' && line[i] != '\t' || line[i] == 0x7F {
			return SMTPCommand{}, errControl
		}
	}
	verb, args, _ := strings.Cut(strings.Trim(line, " \t"), " ")
	if before, after, tabbed := strings.Cut(verb, "\t"); tabbed {
		verb, args = before, after+" "+args
	}
	return SMTPCommand{strings.ToUpper(verb), strings.Trim(args, " \t")}, nil
}

// SMTPPath is the argument of MAIL or RCPT: an address and parameters.
type SMTPPath struct {
	Address string // without brackets; empty for <>
	Params  string // such as "BODY=8BITMIME SIZE=1000"
}

// ErrPath says that what stands behind MAIL FROM or RCPT TO is no address.
var ErrPath = errors.New("that is no address")

// ParseSMTPPath reads the argument of MAIL ("FROM") or RCPT ("TO") as old devices
// write it: with or without brackets, with blanks around the colon, with a name
// before the brackets, with a route (RFC 5321 §4.1.2, appendix F.2), with no domain.
// What is left can stand in brackets.
func ParseSMTPPath(keyword, args string) (SMTPPath, error) {
	if len(args) < len(keyword) || !strings.EqualFold(args[:len(keyword)], keyword) {
		return SMTPPath{}, ErrPath
	}
	rest := strings.TrimLeft(args[len(keyword):], " \t")
	after, colon := strings.CutPrefix(rest, ":")
	if !colon && !strings.HasPrefix(rest, "<") {
		return SMTPPath{}, ErrPath
	}
	rest = strings.TrimLeft(after, " \t")
	if open := unquoted(rest, "<"); open >= 0 {
		rest = rest[open+1:]
		end := unquoted(rest, ">")
		if end < 0 {
			return SMTPPath{}, ErrPath
		}
		return path(rest[:end], rest[end+1:])
	}
	end := unquoted(rest, " \t")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return SMTPPath{}, ErrPath
	}
	return path(rest[:end], rest[end:])
}

// maxAddress bounds an address, in octets; RFC 5321 §4.5.3.1 asks for 254.
const maxAddress = 1000

func path(address, params string) (SMTPPath, error) {
	address = strings.Trim(address, " \t")
	if strings.HasPrefix(address, "@") {
		_, address, _ = strings.Cut(address, ":")
		if address == "" {
			return SMTPPath{}, ErrPath
		}
	}
	if len(address) > maxAddress || unquoted(address, " \t<>") >= 0 || strings.Count(address, `"`)%2 != 0 || strings.HasPrefix(address, "@") || strings.HasSuffix(address, "@") {
		return SMTPPath{}, ErrPath
	}
	return SMTPPath{address, strings.Join(strings.Fields(params), " ")}, nil
}

// unquoted finds the first of some octets that does not stand within quotes, -1
// where there is none.
func unquoted(s, octets string) int {
	within := false
	for i := 0; i < len(s); i++ {
		switch {
		case within && s[i] == '\\':
			i++
		case s[i] == '"':
			within = !within
		case !within && strings.IndexByte(octets, s[i]) >= 0:
			return i
		}
	}
	return -1
}
