package translate

import (
	"bytes"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// identifying are the header fields that identify a message. They are set by
// its author's program and left alone by servers, unlike trace fields; IMAP
// servers have them at hand (they are most of ENVELOPE).
var identifying = []string{"Message-ID", "Date", "From", "To", "Subject"}

// IdentifyingFields lists the header fields that Describe wants.
func IdentifyingFields() []string { return append([]string(nil), identifying...) }

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
	values := make([]string, len(identifying))
	field := -1
	for line := range bytes.Lines(header) {
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			if field >= 0 {
				values[field] += " " + string(text)
			}
			continue
		}
		name, value, _ := bytes.Cut(text, []byte(":"))
		field = fieldNumber(string(bytes.TrimRight(name, " \t")))
		if field >= 0 && values[field] != "" {
			field = -1 // the first of its kind counts
		}
		if field >= 0 {
			values[field] = string(value)
		}
	}
	d := Description{UID: uid}
	var canonical bytes.Buffer
	for i, v := range values {
		v = strings.Join(strings.Fields(v), " ")
		if i == 0 && len(v) <= maxMessageID {
			d.MessageID = v
		}
		if v != "" {
			canonical.WriteString(identifying[i] + ": " + v + "\n")
		}
	}
	if canonical.Len() > 0 {
		d.Key = HeaderKey(canonical.Bytes())
	}
	return d
}

func fieldNumber(name string) int {
	for i, f := range identifying {
		if strings.EqualFold(f, name) {
			return i
		}
	}
	return -1
}
