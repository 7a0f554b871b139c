package metrics

import (
	"context"
	"errors"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// blank is a page that fails with one error, and is asked for nothing else.
type blank struct {
	backend.Page
	err error
}

func (b blank) Known(context.Context, uint32) (backend.State, error) {
	return backend.State{Known: translate.Known{UIDValidity: 7}}, b.err
}
func (b blank) Previous(context.Context, uint32) (*translate.PreviousMailbox, error) {
	return nil, b.err
}
func (b blank) Gone(context.Context, []imap.UID) ([]translate.Remembered, error) { return nil, b.err }
func (b blank) Unkeyed(context.Context, uint32, int) []imap.UID                  { return []imap.UID{7} }
func (b blank) Keys(context.Context, uint32) (map[imap.UID]translate.ContentKey, error) {
	return nil, b.err
}
func (b blank) Intend(context.Context, translate.Intent) error { return b.err }
func (b blank) IntendAll(context.Context, map[string]translate.Intent) error {
	return b.err
}
func (b blank) Beside(context.Context, string) (backend.Page, error) { return b, nil }
func (b blank) Record(context.Context, translate.Facts) error        { return b.err }
func (b blank) Login(context.Context, translate.Facts) error         { return b.err }
func (b blank) Settle(context.Context, translate.Facts) error        { return b.err }
func (b blank) Close() error                                         { return b.err }
func (b blank) Relink(context.Context, uint32, []translate.Link, []translate.Span) error {
	return b.err
}

func TestEveryOperationOfTheLedgerIsCounted(t *testing.T) {
	m := configured()
	broken := errors.New("the disk is full")
	for _, err := range []error{nil, broken, translate.InUse(errors.New("somebody is there"))} {
		open := m.OpenPage(func(context.Context, backend.PageKey) (backend.Page, error) { return blank{err: err}, nil })
		p, operr := open(t.Context(), backend.PageKey{})
		if operr != nil {
			t.Fatal(operr)
		}
		calls := []struct {
			name string
			call func() error
		}{
			{"known", func() error {
				k, err := p.Known(t.Context(), 7)
				if k.UIDValidity != 7 {
					t.Error("what is known got lost")
				}
				return err
			}},
			{"previous", func() error { _, err := p.Previous(t.Context(), 7); return err }},
			{"gone", func() error { _, err := p.Gone(t.Context(), nil); return err }},
			{"keys", func() error { _, err := p.Keys(t.Context(), 7); return err }},
			{"relink", func() error { return p.Relink(t.Context(), 7, nil, nil) }},
			{"intend", func() error { return p.Intend(t.Context(), translate.Intent{}) }},
			{"intend", func() error { return p.IntendAll(t.Context(), nil) }},
			{"record", func() error {
				other, err := p.Beside(t.Context(), "Orders")
				if err != nil {
					t.Fatal(err)
				}
				return other.Record(t.Context(), translate.Facts{})
			}},
			{"record", func() error { return p.Record(t.Context(), translate.Facts{}) }},
			{"record", func() error { return p.Login(t.Context(), translate.Facts{}) }},
			{"record", func() error { return p.Settle(t.Context(), translate.Facts{}) }},
			{"close", p.Close},
		}
		for _, c := range calls {
			name, call := c.name, c.call
			took, failed := value(t, m, "ledger_operation_duration_seconds", name), value(t, m, "ledger_errors_total", name)
			if got := call(); !errors.Is(got, err) {
				t.Errorf("%s gives %v, want %v", name, got, err)
			}
			if got := value(t, m, "ledger_operation_duration_seconds", name) - took; got != 1 {
				t.Errorf("%s was timed %v times", name, got)
			}
			want := 0.
			if err == broken {
				want = 1
			}
			if got := value(t, m, "ledger_errors_total", name) - failed; got != want {
				t.Errorf("%s with %v: %v failures", name, err, got)
			}
		}
		if uids := p.Unkeyed(t.Context(), 7, 1); len(uids) != 1 || value(t, m, "ledger_operation_duration_seconds", "unkeyed") == 0 {
			t.Error("unkeyed is lost")
		}
	}
}

func TestAPageThatDoesNotOpen(t *testing.T) {
	m := configured()
	for err, want := range map[error]float64{translate.InUse(errors.New("somebody is there")): 0, errors.New("the disk is full"): 1} {
		before := value(t, m, "ledger_errors_total", "open")
		p, got := m.OpenPage(func(context.Context, backend.PageKey) (backend.Page, error) { return nil, err })(t.Context(), backend.PageKey{})
		if p != nil || got != err {
			t.Errorf("got %v, %v", p, got)
		}
		if failed := value(t, m, "ledger_errors_total", "open") - before; failed != want {
			t.Errorf("%v counts as %v failures", err, failed)
		}
	}
}
