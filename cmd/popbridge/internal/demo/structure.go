package demo

import (
	"bufio"
	"bytes"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// envelope reads what ENVELOPE says (RFC 9051 §7.5.2). Of a header that cannot
// be read it says nothing.
func envelope(octets []byte) *imap.Envelope {
	header, _ := split(octets)
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(header)))
	if err != nil {
		return &imap.Envelope{}
	}
	return imapserver.ExtractEnvelope(h)
}

// bodyStructure reads BODYSTRUCTURE. imapserver ends the connection over a
// multipart without parts and names no type where Content-Type is not readable,
// so both are mended here.
func bodyStructure(octets []byte) imap.BodyStructure {
	return mend(imapserver.ExtractBodyStructure(bytes.NewReader(octets)))
}

func mend(bs imap.BodyStructure) imap.BodyStructure {
	switch bs := bs.(type) {
	case *imap.BodyStructureMultiPart:
		for i, child := range bs.Children {
			bs.Children[i] = mend(child)
		}
		if len(bs.Children) == 0 {
			return emptyText()
		}
	case *imap.BodyStructureSinglePart:
		if bs.Type == "" || bs.Subtype == "" {
			bs.Type, bs.Subtype = "application", "octet-stream"
		}
		if m := bs.MessageRFC822; m != nil {
			m.BodyStructure = mend(m.BodyStructure)
		}
	}
	return bs
}

func emptyText() *imap.BodyStructureSinglePart {
	return &imap.BodyStructureSinglePart{
		Type:     "text",
		Subtype:  "plain",
		Text:     &imap.BodyStructureText{},
		Extended: &imap.BodyStructureSinglePartExt{},
	}
}
