package migration

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"

	"popbridge/translate"
)

// hash reads every message of a maildrop and notes its content in what devices see
// of it.
func (v *view) hash(ctx context.Context, drop *translate.Maildrop, sights []translate.Sight) error {
	for msg := range drop.Messages {
		var header head
		body := translate.NewBodyPrinter()
		if err := v.mailbox.Fetch(ctx, msg, drop.After(msg.Number), io.MultiWriter(&header, body)); err != nil {
			return err
		}
		sights[msg.Number-1].Hash = header.with(body.Print())
	}
	return nil
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
