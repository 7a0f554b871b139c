package translate

import (
	"bytes"
	"strings"
	"time"
)

// OutgoingHeader is the header of a message on its way out, field by field, each with
// its line ends as they came.
type OutgoingHeader struct {
	fields []outgoingField
	octets int
}

type outgoingField struct {
	name string // in lower case
	raw  []byte // whole lines
}

// MaxOutgoingHeader bounds a header, in octets.
const MaxOutgoingHeader = 1 << 20

// ErrOutgoingHeader says that a header is longer than MaxOutgoingHeader.
var ErrOutgoingHeader = &SMTPReply{552, EnhancedCode{5, 3, 4}, "the message's header is too long", nil}

// Line takes the next line of the message, with its line end. ended says that it is
// none of the header: an empty line, which belongs to neither, or the first line of a
// body that nothing parts from the header, as old devices send it.
func (h *OutgoingHeader) Line(line []byte) (ended bool, body []byte, err error) {
	if len(bytes.TrimRight(line, "\r\n")) == 0 {
		return true, nil, nil
	}
	if h.octets += len(line); h.octets > MaxOutgoingHeader {
		return false, nil, ErrOutgoingHeader
	}
	if folded := line[0] == ' ' || line[0] == '\t'; folded && len(h.fields) > 0 {
		last := &h.fields[len(h.fields)-1]
		last.raw = append(last.raw, line...)
		return false, nil, nil
	}
	name, ok := fieldName(line)
	if !ok {
		return true, line, nil
	}
	h.fields = append(h.fields, outgoingField{name, bytes.Clone(line)})
	return false, nil, nil
}

// fieldName reads the name of a field (RFC 5322 §2.2), behind which blanks may stand
// before the colon (§4.5).
func fieldName(line []byte) (string, bool) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return "", false
	}
	name := bytes.TrimRight(line[:colon], " \t")
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return strings.ToLower(string(name)), len(name) > 0
}

// value gives what stands behind a field's colon, unfolded.
func (f outgoingField) value() string {
	_, value, _ := bytes.Cut(f.raw, []byte(":"))
	return strings.TrimSpace(strings.NewReplacer("\r\n", "", "\r", "", "\n", "").Replace(string(value)))
}

// Value gives the value of the first field of a name, in lower case; empty where
// there is none.
func (h *OutgoingHeader) Value(name string) string {
	for _, f := range h.fields {
		if f.name == name {
			return f.value()
		}
	}
	return ""
}

func (h *OutgoingHeader) has(name string) bool {
	for _, f := range h.fields {
		if f.name == name {
			return true
		}
	}
	return false
}

// Outgoing is what is done with the header of a message that is being sent.
type Outgoing struct {
	Sender Sender
	// Received is the trace field, whole (RFC 5321 §4.4).
	Received string
	// Date and MessageID are for a message that has none (RFC 6409 §8.2, §8.3).
	Date      time.Time
	MessageID string
}

// OutgoingMessage is a header made ready: as it is relayed, and as it is put into the
// account's mailbox of sent mail. Both end with the empty line.
type OutgoingMessage struct {
	Relayed, Filed []byte
	// MessageID and Date are the message's, as its header has them.
	MessageID, Date string
	// Named says that the device has given both, so that the same text is the same
	// message.
	Named bool
}

// Prepare decides on a header. What is relayed has the trace on top and no Bcc; the
// sender's own copy has no trace, and the Bcc by which its owner knows whom it went
// to. All else stays octet for octet, but for a From: that is rewritten.
func (o Outgoing) Prepare(h *OutgoingHeader) (OutgoingMessage, *SMTPReply) {
	m := OutgoingMessage{MessageID: h.Value("message-id"), Date: h.Value("date"), Named: h.has("message-id") && h.has("date")}
	var added []byte
	if !h.has("message-id") {
		m.MessageID = o.MessageID
		added = append(added, "Message-ID: "+m.MessageID+"\r\n"...)
	}
	if !h.has("date") {
		m.Date = o.Date.Format("Mon, 2 Jan 2006 15:04:05 -0700")
		added = append(added, "Date: "+m.Date+"\r\n"...)
	}
	m.Relayed = append([]byte(o.Received), added...)
	m.Filed = added
	foreign := !o.ownsFrom(h)
	if foreign && o.Sender.Policy == SenderOwn {
		return m, ForeignSender()
	}
	rewrites := foreign && o.Sender.Policy == SenderRewrite && len(o.Sender.Addresses) > 0
	if foreign && o.Sender.Policy == SenderRewrite && !rewrites {
		return m, ForeignSender()
	}
	put := func(field []byte) {
		m.Relayed = append(m.Relayed, field...)
		m.Filed = append(m.Filed, field...)
	}
	rewritten := false
	for _, f := range h.fields {
		switch {
		case f.name == "bcc" || f.name == "resent-bcc":
			m.Filed = append(m.Filed, f.raw...)
		case f.name == "from" && rewrites && !rewritten:
			rewritten = true
			put(o.replaceFrom(f, h.has("reply-to")))
		case f.name == "from" && rewrites:
		default:
			put(f.raw)
		}
	}
	if rewrites && !rewritten {
		put([]byte("From: " + o.Sender.Addresses[0] + "\r\n"))
	}
	put(crlf)
	return m, nil
}

// ownsFrom reports whether every address in every From: is the account's. A message
// without one claims nothing, unless the account's address is to be put in.
func (o Outgoing) ownsFrom(h *OutgoingHeader) bool {
	fields := 0
	for _, f := range h.fields {
		if f.name != "from" {
			continue
		}
		fields++
		addresses := addressesOf(f.value())
		if len(addresses) == 0 {
			return false
		}
		for _, a := range addresses {
			if !o.Sender.Owns(a) {
				return false
			}
		}
	}
	return fields > 0 || o.Sender.Policy != SenderRewrite
}

// replaceFrom puts the account's address in the place of another one, and leaves the
// name that the device shows. What was there becomes the Reply-To, if it can be
// replied to.
func (o Outgoing) replaceFrom(f outgoingField, hasReplyTo bool) []byte {
	value, own := f.value(), o.Sender.Addresses[0]
	from := "From: " + own + "\r\n"
	addresses := addressesOf(value)
	if open := unquoted(value, "<"); len(addresses) == 1 && open > 0 {
		if name := strings.TrimSpace(value[:open]); name != "" {
			from = "From: " + name + "\r\n <" + own + ">\r\n"
		}
	}
	replies := len(addresses) > 0
	for _, a := range addresses {
		replies = replies && strings.Contains(a, "@") && unquoted(a, " \t") < 0
	}
	if !hasReplyTo && replies {
		_, kept, _ := bytes.Cut(f.raw, []byte(":"))
		from += "Reply-To:" + string(kept)
	}
	return []byte(from)
}
