package migration

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"iter"

	"popbridge/translate"
)

// hash reads every message of a maildrop and notes its content in what devices see
// of it.
func (p *prospect) hash(ctx context.Context, drop *translate.Merged, sights []translate.Sight) error {
	for msg := range drop.Messages {
		var header head
		body := translate.NewBodyPrinter()
		if err := p.views[msg.Mailbox].mailbox.Fetch(ctx, msg, beside(msg, drop.After(msg.Number)), io.MultiWriter(&header, body)); err != nil {
			return err
		}
		sights[msg.Number-1].Hash = header.with(body.Print())
	}
	return nil
}

// beside gives those of some messages that lie in the mailbox of one: what is read ahead.
func beside(msg translate.Message, others iter.Seq[translate.Message]) iter.Seq[translate.Message] {
	return func(yield func(translate.Message) bool) {
		for other := range others {
			if other.Mailbox == msg.Mailbox && !yield(other) {
				return
			}
		}
	}
}

// head keeps the beginning of a message, where its header is.
type head struct{ octets bytes.Buffer }

// Write takes all and keeps what may belong to a header. It never fails.
func (h *head) Write(p []byte) (int, error) {
	if room := translate.MaxPrinted - h.octets.Len(); room > 0 {
		h.octets.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// with is the hash of a message: of its header without what servers change, and
// its body.
func (h *head) with(body translate.Print) (hash translate.ContentKey) {
	header := translate.PrintHeader(h.octets.Bytes()).Header
	sum := sha256.Sum256(append(header[:], body.Body[:]...))
	copy(hash[:], sum[:])
	return hash
}
