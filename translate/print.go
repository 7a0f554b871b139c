package translate

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"strings"
)

// MaxPrinted is how many octets of a header are looked at. A longer one has no
// Print: servers cut it in different places.
const MaxPrinted = 64 << 10

// Print tells a message by its content, finely enough that it can be told from
// all others of its mailbox after another program has copied it to another
// server. Parts that are not known are zero.
type Print struct {
	// Header is the hash of the whole header, without what servers change.
	Header ContentKey
	// Sent is the hash of Message-ID and Date, or, where there is no Message-ID,
	// of Date, From, To and Subject: what is left when a server has added fields.
	// It is zero where there is neither Message-ID nor Date, and then Header is
	// little proof too: reports of one machine may all have one header.
	Sent ContentKey
	// Body is the hash of what stands after the header.
	Body ContentKey
}

// identified reports whether Sent is that of a Message-ID.
func (p Print) identified() bool { return p.Sent != ContentKey{} && p.Sent[0]&1 == 1 }

// With adds the parts that another sighting of the message knows.
func (p Print) With(other Print) Print {
	for _, part := range []struct{ own, other *ContentKey }{{&p.Header, &other.Header}, {&p.Sent, &other.Sent}, {&p.Body, &other.Body}} {
		if *part.other != (ContentKey{}) {
			*part.own = *part.other
		}
	}
	return p
}

// changeable are the header fields, in lower case, that servers add, drop or
// rewrite: those that Dovecot's pop3-migration plugin leaves out, and the one that
// mbsync adds to every message that it copies.
var changeable = map[string]bool{
	"content-length": true, "return-path": true, "status": true, "x-imap": true, "x-imapbase": true, "x-keywords": true,
	"x-message-flag": true, "x-status": true, "x-tuid": true, "x-uid": true, "x-uidl": true, "x-yahoo-newman-property": true,
}

// sentFields are the header fields that make Print.Sent, in lower case.
var sentFields = [...]string{"message-id", "date", "from", "to", "subject"}

// PrintHeader makes the Print of a message's header, given from its first octet to
// the blank line or beyond it. The hash does not depend on how lines are folded, on
// blanks around and between words, on the case of field names, on octets above
// 0x7F (some servers write '?' for them), on lines that are no header field, nor on
// fields without a value: servers differ in all of that. It does depend on the
// order of the fields, and on trace fields, which tell two deliveries of one
// message apart.
func PrintHeader(header []byte) Print {
	if len(header) >= MaxPrinted && !bytes.Contains(header[:MaxPrinted], []byte("\n\r\n")) {
		return Print{}
	}
	p := printer{sum: sha256.New()}
	p.sum.Write([]byte("print\x00"))
	for line := range bytes.Lines(header) {
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			p.value = appendWords(p.value, text)
			continue
		}
		p.field()
		p.begin(text)
	}
	p.field()
	var print Print
	copy(print.Header[:], p.sum.Sum(nil))
	print.Sent = p.sentKey()
	return print
}

// printer goes through the fields of a header.
type printer struct {
	sum   hash.Hash
	name  []byte // of the field that is being read, in lower case; nil: none that counts
	value []byte // its words, with one blank between them
	sent  [len(sentFields)]string
}

// begin takes the first line of a field. What is not one is dropped, with the
// lines that continue it.
func (p *printer) begin(line []byte) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	p.name, p.value = nil, p.value[:0]
	for _, c := range name {
		ok = ok && c > 0x20 && c < 0x7F
	}
	if !ok || len(name) == 0 {
		return
	}
	if p.name = bytes.ToLower(name); changeable[string(p.name)] {
		p.name = nil
		return
	}
	p.value = appendWords(p.value, value)
}

// field adds to the hash what has been read.
func (p *printer) field() {
	if p.name == nil || len(p.value) == 0 {
		return
	}
	p.sum.Write(p.name)
	p.sum.Write([]byte(":"))
	p.sum.Write(p.value)
	p.sum.Write([]byte("\n"))
	for i, f := range sentFields {
		if p.sent[i] == "" && f == string(p.name) {
			p.sent[i] = string(p.value)
		}
	}
	p.name = nil
}

// sentKey tells in its first octet's last bit whether there is a Message-ID.
func (p *printer) sentKey() (key ContentKey) {
	id, date := p.sent[0], p.sent[1]
	switch {
	case id != "":
		key = contentKey("sent", []byte(id+"\n"+date))
		key[0] |= 1
	case date != "":
		key = contentKey("sent", []byte(strings.Join(p.sent[1:], "\n")))
		key[0] &^= 1
	}
	return key
}

// appendWords adds the words of a line, one blank before each but the first.
func appendWords(dst, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == ' ' || c == '\t' || c == '\r' {
			continue
		}
		if len(dst) > 0 && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t' || line[i-1] == '\r') {
			dst = append(dst, ' ')
		}
		if c >= 0x80 {
			c = '?'
		}
		dst = append(dst, c)
	}
	return dst
}
