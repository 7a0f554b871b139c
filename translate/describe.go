package translate

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
)

// identifying are the header fields that identify a message. They are set by
// its author's program and left alone by servers, unlike trace fields; IMAP
// servers have them at hand (they are most of ENVELOPE).
var identifying = [...]string{"Message-ID", "Date", "From", "To", "Subject"}

// IdentifyingFields lists the header fields that Describe wants.
func IdentifyingFields() []string { return slices.Clone(identifying[:]) }

// headerKind is what HeaderKey puts before the fields.
const headerKind = "header\x00"

// maxMessageID is the longest Message-ID that is kept, in octets: a line cannot
// be longer (RFC 5322 §2.1.1), and what anybody can send must not fill a ledger.
const maxMessageID = 998

// Description tells a message by its content.
type Description struct {
	UID       imap.UID
	Key       ContentKey // the zero key where the message has none of the fields
	MessageID string     // with its angle brackets, empty where there is none or it is too long
	Print     Print      // only where the whole header was read
	// Octets and Received are the upstream's RFC822.SIZE and INTERNALDATE; zero
	// where they were not asked for.
	Octets   int64
	Received time.Time
	UniqueID string // of an old POP3 server, where the message was identified by it
}

// Describe reads a message's header, whole or just the identifying fields. White
// space is folded to one blank and trailing blanks are dropped, as servers and
// tools that copy mail change both; the order of the fields does not matter.
func Describe(uid imap.UID, header []byte) Description {
	values := identifyingValues(header)
	d := Description{UID: uid}
	var room [1024]byte
	fields := append(room[:0], headerKind...)
	for i, v := range values {
		before := len(fields)
		fields = append(append(fields, identifying[i]...), ": "...)
		from := len(fields)
		fields = appendFolded(fields, v)
		if i == 0 && len(fields)-from <= maxMessageID {
			d.MessageID = string(fields[from:])
		}
		if len(fields) == from {
			fields = fields[:before]
			continue
		}
		fields = append(fields, '\n')
	}
	if len(fields) > len(headerKind) {
		sum := sha256.Sum256(fields)
		copy(d.Key[:], sum[:])
	}
	return d
}

// identifyingValues gives the values of the identifying fields as they stand, with a blank
// where a line is folded. The first of its kind counts that has one.
func identifyingValues(header []byte) (values [len(identifying)][]byte) {
	field := -1
	for len(header) > 0 {
		line := header
		if end := bytes.IndexByte(header, '\n'); end >= 0 {
			line = header[:end]
		}
		header = header[min(len(header), len(line)+1):]
		for len(line) > 0 && (line[len(line)-1] == '\r' || line[len(line)-1] == '\n') {
			line = line[:len(line)-1]
		}
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if field >= 0 {
				values[field] = append(append(slices.Clip(values[field]), ' '), line...)
			}
			continue
		}
		name, value, _ := bytes.Cut(line, colon)
		if field = fieldNumber(name); field >= 0 && len(values[field]) > 0 {
			field = -1
		}
		if field >= 0 {
			values[field] = value
		}
	}
	return values
}

var colon = []byte(":")

// appendFolded adds the words of a value with one blank between them.
func appendFolded(dst, value []byte) []byte {
	from := len(dst)
	for i, b := range value {
		switch {
		case b >= utf8.RuneSelf:
			// Blanks of other scripts part words too.
			return append(dst[:from], strings.Join(strings.Fields(string(value)), " ")...)
		case b == ' ' || '\t' <= b && b <= '\r':
			continue
		case len(dst) > from && (value[i-1] == ' ' || '\t' <= value[i-1] && value[i-1] <= '\r'):
			dst = append(dst, ' ')
		}
		dst = append(dst, b)
	}
	return dst
}

// fieldNumber says which of the identifying fields a name is that may have blanks behind
// it; -1 for none.
func fieldNumber(name []byte) int {
	for len(name) > 0 && (name[len(name)-1] == ' ' || name[len(name)-1] == '\t') {
		name = name[:len(name)-1]
	}
	for i, f := range identifying {
		if strings.EqualFold(f, string(name)) {
			return i
		}
	}
	return -1
}
