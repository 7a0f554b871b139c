package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Trail is backend.Trail's, in the file of the current configuration.
type Trail struct {
	log hclog.Logger
	// mailbox gives a mailbox's name in plain text, of a server's.
	mailbox func(string) string
	on      atomic.Bool
	strict  atomic.Bool

	mu      sync.Mutex
	current configs.Audit
	file    io.WriteCloser // nil: it could not be opened
	torn    bool           // the last line was not written whole
	lost    int            // lines since the last one that was written
	failed  error          // why the last line was not written; nil where it was
	tried   time.Time
	said    time.Time
}

// New makes a Trail that is off until it is configured. mailbox gives the name of a
// server's mailbox in plain text.
func New(log hclog.Logger, mailbox func(string) string) *Trail {
	return &Trail{log: log.Named("audit"), mailbox: mailbox}
}

// On is backend.Trail's.
func (t *Trail) On() bool { return t.on.Load() }

// Strict is backend.Trail's.
func (t *Trail) Strict() bool { return t.strict.Load() }

// Configure takes a configuration. A file that cannot be opened is an error where it is
// strict, and nothing has changed then; else it is tried again with each line. back takes
// the configuration before it.
func (t *Trail) Configure(c configs.Audit) (back func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.current
	if c.Path != before.Path || c.Path != "" && t.file == nil {
		var file io.WriteCloser
		if c.Path != "" {
			if file, err = open(c.Path); err != nil && c.Fail == configs.AuditClosed {
				return nil, fmt.Errorf("audit.path: %w", err)
			} else if err != nil {
				t.log.Error("the audit trail cannot be opened; what happens meanwhile is not recorded", "error", err)
			}
		}
		t.swap(file)
	}
	t.current = c
	t.strict.Store(c.Path != "" && c.Fail == configs.AuditClosed)
	t.on.Store(c.Path != "")
	return func() { _, _ = t.Configure(before) }, nil
}

// Reopen opens the file anew, since the one of its name may be another by now. Where
// that fails the old one is written on.
func (t *Trail) Reopen() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.Path == "" {
		return
	}
	file, err := open(t.current.Path)
	if err != nil {
		t.log.Error("the audit trail cannot be reopened, and is written to the old file", "error", err)
		return
	}
	t.swap(file)
}

// Close ends the trail.
func (t *Trail) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.on.Store(false)
	t.swap(nil)
	t.current = configs.Audit{}
}

func (t *Trail) swap(file io.WriteCloser) {
	if t.file != nil {
		if err := t.file.Close(); err != nil {
			t.log.Error("closing the audit trail", "error", err)
		}
	}
	t.file, t.torn, t.failed, t.tried = file, false, nil, time.Time{}
}

// Failing says why nothing can be done now, of a trail that is strict; nil where its
// last line was written.
func (t *Trail) Failing() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Strict() {
		return t.failed
	}
	return nil
}

// Tell is backend.Trail's.
func (t *Trail) Tell(e backend.Event) error {
	if t.mailbox != nil {
		e.To = t.mailbox(e.To)
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.Path == "" {
		return nil
	}
	err := t.write(e)
	if err != nil {
		t.lost++
		t.complain(err)
	}
	if t.failed = err; err == nil || !t.Strict() {
		return nil
	}
	return translate.Temporary(fmt.Errorf(`the audit trail cannot be written, and audit.fail is "closed": %w`, err))
}

// retryOpen is how long a file that could not be opened is not tried again.
const retryOpen = time.Second

// write adds a line, and before it one about those that are missing.
func (t *Trail) write(e backend.Event) error {
	if t.file == nil {
		if time.Since(t.tried) < retryOpen {
			return t.failed
		}
		t.tried = time.Now()
		file, err := open(t.current.Path)
		if err != nil {
			return err
		}
		t.file, t.torn = file, false
	}
	var text []byte
	if t.torn {
		text = append(text, '\n')
	}
	if t.lost > 0 {
		text = append(text, line(backend.Event{At: e.At, Kind: backend.EventLost, Lost: t.lost})...)
	}
	text = append(text, line(e)...)
	n, err := t.file.Write(text)
	if err != nil {
		t.torn = t.torn || n > 0
		return err
	}
	if t.lost > 0 {
		t.log.Warn("the audit trail is written again", "lost", t.lost)
	}
	t.torn, t.lost = false, 0
	return nil
}

// complainEvery is how often the log says that lines are lost.
const complainEvery = time.Minute

func (t *Trail) complain(err error) {
	if time.Since(t.said) < complainEvery {
		return
	}
	t.said = time.Now()
	t.log.Error("a line of the audit trail could not be written", "lost", t.lost, "refuses", t.Strict(), "error", err)
}

// line is an event in one line.
func line(e backend.Event) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // Message-IDs have angle brackets
	if err := enc.Encode(e); err != nil {
		panic(err) // an Event holds nothing that has no JSON
	}
	return b.Bytes()
}
