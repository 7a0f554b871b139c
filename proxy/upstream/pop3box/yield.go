package pop3box

import (
	"context"
	"errors"
	"sync"
)

// errYielded says that another login of the account has gone first.
var errYielded = errors.New("a login of the account wants the maildrop")

// yielding are the mailboxes on old servers that are in use for no device, and give
// way to the next login of their account: its old server would say [IN-USE].
type yielding struct {
	mu  sync.Mutex
	out map[accountKey]map[*Mailbox]yield
}

type accountKey struct{ upstream, account string }

// yield is one mailbox that gives way: wanted is closed by who wants its place, gone
// when it has left.
type yield struct{ wanted, gone chan struct{} }

func newYielding() *yielding { return &yielding{out: make(map[accountKey]map[*Mailbox]yield)} }

func (y *yielding) enter(key accountKey, m *Mailbox) <-chan struct{} {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.out[key] == nil {
		y.out[key] = make(map[*Mailbox]yield)
	}
	at := yield{make(chan struct{}), make(chan struct{})}
	y.out[key][m] = at
	return at.wanted
}

func (y *yielding) leave(key accountKey, m *Mailbox) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if at, ok := y.out[key][m]; ok {
		close(at.gone)
		delete(y.out[key], m)
	}
	if len(y.out[key]) == 0 {
		delete(y.out, key)
	}
}

// clear asks those of an account to leave, and waits until they have.
func (y *yielding) clear(ctx context.Context, key accountKey) {
	y.mu.Lock()
	var leaving []chan struct{}
	for _, at := range y.out[key] {
		select {
		case <-at.wanted:
		default:
			close(at.wanted)
		}
		leaving = append(leaving, at.gone)
	}
	y.mu.Unlock()
	for _, gone := range leaving {
		select {
		case <-gone:
		case <-ctx.Done():
			return
		}
	}
}

// Yield says that no device uses the mailbox any more: from now on it gives way to
// the next login of its account. Describe stops short then.
func (m *Mailbox) Yield() {
	if m.wanted == nil {
		m.wanted = m.pool.yielding.enter(m.owner(), m)
	}
}

func (m *Mailbox) owner() accountKey { return accountKey{m.req.Upstream.Name, m.req.Account} }

// yielded reports whether somebody else wants the maildrop.
func (m *Mailbox) yielded() bool {
	select {
	case <-m.wanted:
		return true
	default:
		return false
	}
}
