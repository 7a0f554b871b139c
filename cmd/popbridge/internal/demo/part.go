package demo

import (
	"bytes"
	"strings"
)

// maxParts bounds how many parts of one multipart are looked at.
const maxParts = 1000

// findPart follows a part number such as 2.1 through multiparts and forwarded
// messages (RFC 9051 §6.4.5.1). It returns the part with its MIME header.
func findPart(octets []byte, path []int) (piece []byte, ok bool) {
	piece = octets
	for i, number := range path {
		header, body := split(piece)
		if i > 0 && isMessage(header) {
			header, body = split(body)
		}
		parts := multipart(header, body)
		switch {
		case parts == nil && number == 1 && i == 0:
			// Part 1 of a message that is no multipart is its body, and its MIME
			// header is the message's own.
		case parts == nil && number == 1 && isMessagePart(piece):
			_, piece = split(piece)
		case number < 1 || number > len(parts):
			return nil, false
		default:
			piece = parts[number-1]
		}
	}
	return piece, true
}

func isMessagePart(piece []byte) bool {
	header, _ := split(piece)
	return isMessage(header)
}

// multipart returns the parts of a multipart body, each with its MIME header and
// without the line end that belongs to the boundary (RFC 2046 §5.1.1); nil for
// any other type.
func multipart(header, body []byte) [][]byte {
	t, params := contentType(header)
	if !strings.HasPrefix(t, "multipart/") || params["boundary"] == "" {
		return nil
	}
	boundary := []byte("--" + params["boundary"])
	parts := [][]byte{}
	start := -1 // where the current part began; -1 in the preamble
	for at := 0; at < len(body) && len(parts) < maxParts; {
		line := nextLine(body[at:])
		rest, found := bytes.CutPrefix(bytes.TrimRight(line, " \t\r\n"), boundary)
		last := string(rest) == "--"
		if found && (len(rest) == 0 || last) {
			if start >= 0 {
				parts = append(parts, trimLineEnd(body[start:at]))
			}
			start = at + len(line)
			if last {
				return parts
			}
		}
		at += len(line)
	}
	if start >= 0 { // cut off before the last boundary
		parts = append(parts, body[start:])
	}
	return parts
}

func trimLineEnd(b []byte) []byte {
	if b, found := bytes.CutSuffix(b, []byte("\r\n")); found {
		return b
	}
	return bytes.TrimSuffix(b, []byte("\n"))
}
