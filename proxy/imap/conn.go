package imap

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// Options bounds what a server may do to us. The zero value is usable.
type Options struct {
	Timeout        time.Duration // without an octet of progress, per read and per write; 0 means 30 s
	CommandTimeout time.Duration // in all, for what is not a literal with a body; 0 means 10 * Timeout
	MaxLiteral     int64         // octets of a literal where no body was asked for, and of the header fields kept of one message; 0 means 64 KB
	MaxBody        int64         // octets of a body's literal; 0 means no bound, since it is streamed
	MaxBuffered    int64         // octets of all bodies together that came before their turn; beyond it the connection breaks; 0 means 1 MB
	MaxResponses   int           // untagged responses while waiting for one answer, beyond what the mailbox and its size account for (see count); 0 means 20,000
	MaxNumbers     int           // numbers in one set or list; 0 means 1,000,000

	// Ignore are capabilities that the server may announce and that are not believed, in whatever case. LOGINDISABLED always is.
	Ignore []string

	// Trace is shown each line that goes out ("C") or comes in ("S"), without CRLF, cut at 4 KB; secrets are replaced by
	// <redacted>, the octets of literals are left out and their announcement {123} stays. Nil: off.
	Trace func(dir, line string)
	// RoundTrip is given how long the server took to begin its answer to a command with which nothing else was in flight. What it tells
	// unasked may be taken for that, so the time may be too short, and the work that the command makes is in it. Nil: dropped.
	RoundTrip func(time.Duration)
	// Alert is given the texts that the server wants a human to read: ALERT codes and untagged NO and BAD, control octets escaped. Nil: dropped.
	Alert func(text string)
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.CommandTimeout <= 0 {
		o.CommandTimeout = 10 * o.Timeout
	}
	if o.MaxLiteral <= 0 {
		o.MaxLiteral = 64 << 10
	}
	if o.MaxBuffered <= 0 {
		o.MaxBuffered = 1 << 20
	}
	if o.MaxResponses <= 0 {
		o.MaxResponses = 20_000
	}
	if o.MaxNumbers <= 0 {
		o.MaxNumbers = 1_000_000
	}
	return o
}

// Conn is the client's end of one IMAP connection. See the package comment for who may use it and when.
type Conn struct {
	o    Options
	raw  net.Conn // as it was given to us: carries the deadlines
	sock net.Conn // closed to interrupt everything: raw, or what lies below its TLS
	nc   net.Conn // raw, or TLS over it

	mu  sync.Mutex
	err error // the first error; sticky

	unwatched context.Context // of the call that is going on, until watch; nil: none
	unwatch   func() bool     // ends what watch has begun; nil: nothing
	leave     func()          // endCall, made once

	r       reader
	until   time.Time // when what is being waited for must have come; zero: no limit beside Options.Timeout
	limited bool      // until is set by the next read
	asking  time.Time // when a command was sent whose answer has not begun, and is timed; zero: none

	line      line // the command being put together
	tags      uint64
	gathering bool   // what is written waits in gathered
	gathered  []byte // see atOnce
	pending   []*command
	asked     asked
	responses int // untagged ones since enter
	most      int // messages that the mailbox has had since then

	wanting    *command // waits for a continuation request
	continuing bool     // it has come
	challenge  []byte   // its text

	msg       Message                // the FETCH response being read
	open      *Body                  // whose literal is next on the wire; nil: none
	left      int64                  // octets that the open literal still has
	provision *Body                  // has been given a body of this response before its UID was seen
	orphan    orphan                 // a body of this response whose UID has not been seen
	held      int64                  // octets of bodies kept for their turn
	begun     int                    // bodies that have come, at least their announcement
	given     bool                   // one of them in the response being read
	tornRow   bool                   // the response before could not be understood, and may go on
	noisy     bool                   // there was an empty line behind a literal in the response being read
	generous  bool                   // the server has given more than a part that was asked for
	late      bool                   // the server has sent a body before its UID
	spare     int64                  // octets of unwanted bodies that may be read past before the connection is broken instead
	flags     map[string]goimap.Flag // interned
	sections  []byte                 // scratch: the section of a BODY attribute

	greeted string // the text of the greeting
	preauth bool
	secured bool          // by StartTLS
	caps    goimap.CapSet // nil: not known
	earlier goimap.CapSet // those from before the login; nil: there were none
	saidCap bool          // the server has named its capabilities since this was cleared
	leaving bool          // LOGOUT was sent: BYE is no error
	parted  bool          // BYE has come then
	exists  uint32
	changes Changes
	hiding  bool     // a login is going on: challenges are not shown
	secrets []string // what must not be shown
}

// New reads the greeting of a server on nc, which the Conn owns from then on: after an error nc is closed. A server that
// says BYE is a *StatusError (RFC 3501 §7.1.5). After PREAUTH see Conn.Preauth.
func New(ctx context.Context, nc net.Conn, o Options) (*Conn, error) {
	c := &Conn{o: o.withDefaults(), raw: nc, nc: nc, sock: nc, flags: make(map[string]goimap.Flag)}
	if t, ok := nc.(*tls.Conn); ok {
		// To close TLS takes a write, which can wait for a peer that no longer reads.
		c.sock = t.NetConn()
	}
	c.r = reader{src: wire{c}}
	c.leave = c.endCall
	c.line.c = c
	if c.o.Trace != nil {
		c.r.trace = c.showLine
	}
	leave, err := c.enter(ctx)
	if err != nil {
		nc.Close()
		return nil, err
	}
	defer leave()
	if err := c.greeting(); err != nil {
		return nil, c.fail(err)
	}
	return c, nil
}

func (c *Conn) greeting() error {
	r := &c.r
	r.begin()
	r.emptyLines()
	r.expect('*')
	r.gap()
	var kw [32]byte
	typ := string(r.keyword(&kw))
	var st StatusError
	switch typ {
	case "OK", "PREAUTH", "BYE":
		st = c.status(typ, nil)
	default:
		r.fail("a greeting is due")
	}
	if r.err != nil {
		return r.err
	}
	if typ == "BYE" {
		return &st
	}
	c.preauth, c.greeted = typ == "PREAUTH", st.Text
	return nil
}

// Greeting is the text that the server greeted with, as it came: not fit for a log.
func (c *Conn) Greeting() string { return c.greeted }

// Preauth says whether the server greeted with PREAUTH: it takes us for logged in already (RFC 3501 §7.1.4).
func (c *Conn) Preauth() bool { return c.preauth }

// Err is the error that broke the connection, nil while it is usable. Any goroutine may ask.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection without LOGOUT and interrupts whoever is waiting on it. Any goroutine may call it, and more than once.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	return nil
}

// fail breaks the connection and gives the error that it is broken by: the first one.
func (c *Conn) fail(err error) error {
	c.mu.Lock()
	first := c.err == nil
	if first {
		c.err = err
	}
	err = c.err
	c.mu.Unlock()
	if first {
		c.sock.Close()
	}
	return err
}
