package sent

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Mailbox is the mailbox of sent mail of an account.
type Mailbox interface {
	// Find gives the places of those messages there that may be the one meant, among those
	// that arrived on a day or later. renamed says that it may have another Message-ID.
	Find(ctx context.Context, m translate.SentMessage, since time.Time, renamed bool) ([]translate.Place, error)
	// Append puts a message there, and gives its place, without a UID where that is not
	// known. After an error it may be there all the same.
	Append(ctx context.Context, octets int64, text io.Reader) (translate.Place, error)
	io.Closer
}

// Open opens a mailbox of sent mail.
type Open func(ctx context.Context, u configs.Upstream, m backend.SentMail) (Mailbox, error)

// Sent keeps copies of sent mail, and puts them into mailboxes.
type Sent struct {
	log    hclog.Logger
	open   Open
	spool  *spool
	filed  *filed
	config atomic.Pointer[configs.Config]

	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	workers chan struct{}
	tell    func(upstream string, outcome Outcome)
	pace    pace
}

// Outcome is how a message's way to its mailbox has ended.
type Outcome string

// The outcomes.
const (
	OutcomeFiled  Outcome = "filed"    // it was put there
	OutcomeThere  Outcome = "there"    // it was there already
	OutcomeGiven  Outcome = "given_up" // it could not be put there for sent_retry
	OutcomeFailed Outcome = "failed"   // an attempt that is made again
)

// Outcomes are all of them.
func Outcomes() []Outcome { return []Outcome{OutcomeFiled, OutcomeThere, OutcomeGiven, OutcomeFailed} }

// maxWorkers is how many messages are put into mailboxes at once.
const maxWorkers = 8

// New opens the folder of copies below the state's folder, and takes up what was left
// there. Configure it, and Close it. tell is called with each outcome; nil: nobody counts.
func New(log hclog.Logger, state string, c Cipher, open Open, tell func(upstream string, outcome Outcome)) (*Sent, error) {
	spool, err := openSpool(state, c)
	if err != nil {
		return nil, err
	}
	filed, err := openFiled(filepath.Join(spool.folder, "filed"), maxFiled)
	if err != nil {
		return nil, errors.Join(err, spool.lock.Close())
	}
	if tell == nil {
		tell = func(string, Outcome) {}
	}
	s := &Sent{log: log, open: open, spool: spool, filed: filed, workers: make(chan struct{}, maxWorkers), tell: tell, pace: usual}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Configure takes a configuration; with the first one what was left is taken up.
func (s *Sent) Configure(cfg *configs.Config) {
	s.spool.limit.Store(int64(cfg.Limits.SpoolSize))
	if s.config.Swap(cfg) == nil {
		s.takeUp()
	}
}

// takeUp goes on with what a process that has ended left behind. Its devices may have
// missed the 250.
func (s *Sent) takeUp() {
	found, err := s.spool.recover()
	if err != nil {
		s.log.Error("looking for copies of sent mail that wait to be filed", "folder", s.spool.folder, "error", err)
	}
	for path, err := range found.bad {
		s.log.Error("a copy of a sent message cannot be filed; its file stays where it is", "file", path, "error", err)
	}
	if found.doubted > 0 {
		s.log.Warn("popbridge ended while messages were being sent; it is not known whether the server has them, their devices got no answer, and no copies are filed", "messages", found.doubted)
	}
	for _, e := range found.sent {
		s.filed.add(e.key())
		e.again = true
		s.queue(e)
	}
}

// queue has an entry put into its mailbox, now and again until it is there.
func (s *Sent) queue(e *entry) { s.wg.Go(func() { s.file(e) }) }

// Close ends what is being done; what is left lies in the folder for the next process.
func (s *Sent) Close() {
	s.cancel()
	s.wg.Wait()
	if err := errors.Join(s.filed.close(), s.spool.lock.Close()); err != nil {
		s.log.Debug("closing the folder of sent mail", "error", err)
	}
}

// pause waits, and reports whether to go on.
func (s *Sent) pause(long time.Duration) bool {
	t := time.NewTimer(long)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
