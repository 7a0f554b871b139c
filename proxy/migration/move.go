package migration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Order says how accounts are to be moved.
type Order struct {
	// To is the upstream that they go to; empty: back to where they were before they
	// were migrated, which is nothing to do for those that are there.
	To string
	// RequireVerified refuses accounts whose devices would notice the move.
	RequireVerified bool
	// Force moves accounts although the new mailbox is empty or holds less than is
	// known, or although they are not verified, or nobody can look.
	Force bool
	// Hold, where not 0, is how long an account's logins may be put off in all, while
	// its sessions finish, Before runs, it is matched and verified, and After runs.
	Hold          time.Duration
	Before, After func(ctx context.Context, account, from, to string) error // nil: nothing
}

// Placed is what an operator has said of where an account is served.
type Placed = progress.Move

// Moved is what became of an account.
type Moved struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Verdict  string   `json:"verdict,omitempty"` // of the comparison, where one was made
	Repeated int      `json:"deletions_repeated"`
	Remarks  []string `json:"remarks,omitempty"`
}

// Errors of moves that need another order.
var (
	ErrThere    = errors.New("it is already served from there")
	errNeverOut = errors.New("it was never moved, so there is no way back")
	errBlind    = errors.New("a move compares both mailboxes, which needs a password or a master user: add --password-file, or --accounts with account:password; --force moves without comparing them")
)

// deathWait is how long a move waits for a command that was killed to count as
// dead.
const deathWait = 15 * time.Second

// beginPoll is how often an account is tried that another command works on.
const beginPoll = 500 * time.Millisecond

// afterMove is what stands in the ledger while the command after a move has to run.
const afterMove = "after"

// begin makes the caller the only one who works on an account. It waits for a command
// that was killed, and fails where another goes on.
func (s *Site) begin(ctx context.Context, account string) (*progress.Lease, error) {
	for end := time.Now().Add(deathWait); ; {
		lease, err := s.Ledger.Progress.Lease(ctx, account)
		if err == nil || !errors.Is(err, progress.ErrLeased) || time.Now().After(end) {
			return lease, err
		}
		if err := pause(ctx, beginPoll); err != nil {
			return nil, err
		}
	}
}

// Move makes another upstream the account's. A step that fails leaves it where it
// was, and releases it; the status of the migration tells of it. One that was killed in
// the middle is taken up by the next.
func (s *Site) Move(ctx context.Context, a Account, o Order) (m Moved, err error) {
	m, err = s.move(ctx, a, o)
	switch {
	case err == nil:
		return m, s.Ledger.Progress.ClearFailure(context.WithoutCancel(ctx), a.Name, progress.MovedTo)
	case errors.Is(err, ErrThere), errors.Is(err, errNeverOut), errors.Is(err, progress.ErrLeased):
		return m, err // there was nothing to move, or another command does it
	}
	return m, errors.Join(err, s.fail(ctx, a.Name, progress.MovedTo, err))
}

func (s *Site) move(ctx context.Context, a Account, o Order) (m Moved, err error) {
	lease, err := s.begin(ctx, a.Name)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, lease.Close(context.WithoutCancel(ctx))) }()
	was, err := s.Ledger.Progress.MoveOf(ctx, a.Name)
	if err != nil {
		return m, err
	}
	if m.From, m.To, err = s.course(ctx, a.Name, was, o.To); err != nil {
		return m, err
	}
	if m.From == m.To {
		return m, s.takeUp(ctx, a, lease, was, o, &m)
	}
	if o.Hold > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, o.Hold, fmt.Errorf("the %v of --hold are over", o.Hold))
		defer cancel()
		if err := s.hold(ctx, a, lease, o, m); err != nil {
			return m, causeOf(ctx, err)
		}
	}
	if err := s.prepare(ctx, a, was, o, &m); err != nil {
		return m, causeOf(ctx, err)
	}
	// Where it came from it is back, whichever way that was said: no further way
	// back leads on from there.
	returned := m.To == was.Origin && !was.Returned
	pending := ""
	if o.After != nil {
		pending = afterMove
	}
	if err := lease.Move(ctx, m.From, m.To, pending, returned); err != nil {
		return m, causeOf(ctx, err)
	}
	if o.After == nil {
		return m, nil
	}
	if err := o.After(ctx, a.Name, m.From, m.To); err != nil {
		// Nobody has logged in since where it was held, so that nothing of the
		// account speaks of the new mailbox yet.
		back := lease.Move(context.WithoutCancel(ctx), was.Origin, was.Upstream, "", was.Returned)
		return m, errors.Join(fmt.Errorf("--after: %w; the account is served from %q as before", causeOf(ctx, err), m.From), back)
	}
	return m, lease.Done(context.WithoutCancel(ctx))
}

// course says from where to where an account goes.
func (s *Site) course(ctx context.Context, account string, was progress.Move, to string) (from, there string, err error) {
	if from, err = s.servedFrom(ctx, account, was); err != nil {
		return "", "", err
	}
	if to != "" {
		return from, to, nil
	}
	switch {
	case was.At.IsZero() || was.Origin == "":
		return "", "", errNeverOut
	case was.Returned:
		return from, from, nil
	}
	return from, was.Origin, nil
}

// servedFrom names the upstream that serves an account now.
func (s *Site) servedFrom(ctx context.Context, account string, was progress.Move) (string, error) {
	if was.Upstream != "" {
		return was.Upstream, nil
	}
	cfg, err := route.Fill(ctx, s.Config, route.Attempt{Login: translate.Login{Account: account}}, s.Ask)
	if err != nil {
		return "", translate.Cause(err)
	}
	return route.ServedFrom(cfg, account)
}

// alreadyThere is what a move comes to that is none: nothing to do on the way back.
func alreadyThere(o Order, m *Moved) error {
	if o.To != "" {
		return fmt.Errorf("%w: upstream %q", ErrThere, m.To)
	}
	m.Remarks = append(m.Remarks, "already there: it is back where it was before it was moved")
	return nil
}

// takeUp finishes what a command has left that was killed after the move itself.
func (s *Site) takeUp(ctx context.Context, a Account, lease *progress.Lease, was progress.Move, o Order, m *Moved) error {
	switch {
	case was.Pending == "":
		return alreadyThere(o, m)
	case o.After == nil:
		return fmt.Errorf("it was moved to %q, but the command that runs after the move was not: run this again with --after, or with --after true if it is done", m.To)
	}
	if err := o.After(ctx, a.Name, was.Origin, m.To); err != nil {
		return fmt.Errorf("--after: %w; the account stays with %q, where it may have been served from since", err, m.To)
	}
	m.From = was.Origin
	m.Remarks = append(m.Remarks, "it was moved by a command that did not end; what runs after the move has run now")
	return lease.Done(ctx)
}

// causeOf says why a context has ended, where an error comes of that.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil && err != nil {
		return context.Cause(ctx)
	}
	return err
}
