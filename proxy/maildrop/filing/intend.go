package filing

import (
	"context"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// intend makes what every plan needs before anything is promised, and writes all of them
// down.
func (h *hunt) intend(ctx context.Context, quits []part.Quit) error {
	intents := make(map[string]translate.Intent, len(quits))
	for i, p := range h.parts {
		q := &quits[i]
		if q.Plan.Deletes == 0 {
			continue
		}
		if err := p.Prepare(ctx, q); err != nil {
			return err
		}
		intents[p.BesideName()] = q.Intent
	}
	if len(intents) == 0 {
		return nil
	}
	return h.page.IntendAll(ctx, intents)
}

// intending writes down what is about to be deleted, where nothing may be done that
// cannot be written down.
func (h *hunt) intending(quits []part.Quit) error {
	if !h.Backend.AuditsStrictly() {
		return nil
	}
	for i, p := range h.parts {
		if err := p.Tell(quits[i].Deletions, backend.ResultIntended, nil); err != nil {
			return err
		}
	}
	return nil
}
