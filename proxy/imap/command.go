package imap

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	maxQuoted = 1000 // octets of a string that we send quoted; longer ones go as literals
	redacted  = "<redacted>"
)

// command is one that has been sent and not been answered by its tagged line, or has.
type command struct {
	tag    string
	name   string
	bodies []*Body // what it asks for and has not come, none but StartBodies's
	done   bool
	err    error       // *StatusError for NO and BAD
	ok     StatusError // the tagged line when it is OK
}

// line puts a command together. The first refusal of an argument stays in err, and then nothing is sent.
type line struct {
	c     *Conn
	tag   string
	name  string
	out   []byte
	shown []byte // what Trace is shown instead; unused while it is off
	waits []wait
	tight bool // the next string goes without its blank: it stands behind a parenthesis
	err   error
}

// wait is where in out and in shown a synchronising literal's announcement ends: the server must ask for the rest.
type wait struct{ out, shown int }

// command begins a line with a new tag.
func (c *Conn) command(name string) *line {
	c.tags++
	l := &c.line
	l.tag = "A" + strconv.FormatUint(c.tags, 10)
	l.name = name
	l.out, l.shown, l.waits, l.err = l.out[:0], l.shown[:0], l.waits[:0], nil
	l.tight = false
	return l.raw(l.tag).raw(" ").raw(name)
}

// raw adds text of our own.
func (l *line) raw(s string) *line {
	l.out = append(l.out, s...)
	return l.show(s)
}

func (l *line) show(s string) *line {
	if l.c.o.Trace != nil {
		l.shown = append(l.shown, s...)
	}
	return l
}

// str adds a blank and a string from outside, quoted if it is short and of harmless octets, else as a literal.
func (l *line) str(what, s string) *line { return l.text(what, s, s) }

// secret does the same with a string that Trace must not be shown.
func (l *line) secret(what, s string) *line { return l.text(what, s, redacted) }

func (l *line) text(what, s, show string) *line {
	if strings.ContainsAny(s, "\r\n\x00") {
		l.refuse("%w: CR, LF or NUL in the %s", ErrUnsafeString, what)
		return l
	}
	if !l.tight {
		l.raw(" ")
	}
	l.tight = false
	if quotable(s) {
		l.out = append(append(append(l.out, '"'), s...), '"')
		if show == redacted {
			return l.show(show)
		}
		return l.show(`"` + show + `"`)
	}
	l.announce(int64(len(s)))
	l.out = append(l.out, s...)
	return l
}

// quoted adds a blank and a string from outside in quotes (RFC 3501 §9), for servers that take no literal in its place.
func (l *line) quoted(what, s, show string) *line {
	if strings.ContainsAny(s, "\r\n\x00") {
		l.refuse("%w: CR, LF or NUL in the %s", ErrUnsafeString, what)
		return l
	}
	l.raw(` "`)
	l.out = append(l.out, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)...)
	return l.show(show).raw(`"`)
}

// atom adds a word that must consist of atom characters (RFC 3501 §9), with a blank before it where sep is one.
func (l *line) atom(what, sep, s string) *line {
	if !isAtom(strings.TrimPrefix(s, `\`)) {
		l.refuse("%w: %q is no %s", ErrUnsafeString, s, what)
	}
	return l.raw(sep).raw(s)
}

func (l *line) refuse(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

// announce adds {n} with its CRLF. The n octets are the caller's to add. A literal always waits until the server asks for it, also where LITERAL+
// or LITERAL- is announced (RFC 7888): a server that announces them and does not know them reads what follows as commands, and that
// would be a password, or the lines of somebody's mail. They are too few for their round trips to count.
func (l *line) announce(n int64) {
	l.raw("{" + strconv.FormatInt(n, 10) + "}")
	l.out = append(l.out, "\r\n"...)
	l.show("\n")
	l.waits = append(l.waits, wait{len(l.out), len(l.shown)})
}

// send sends the line, waiting before each synchronising literal. A literal that is refused is the command's answer.
func (c *Conn) send(l *line) (*command, error) {
	cmd, err := c.sendOpen(l)
	if err != nil {
		return nil, err
	}
	if cmd.done {
		return nil, c.refusal(cmd)
	}
	return cmd, c.sendRest(l, "\r\n")
}

// refusal is the answer to a command that was answered before it was complete. Only a refusal can be: an OK to a login
// whose password has not been sent is somebody's lie.
func (c *Conn) refusal(cmd *command) error {
	if cmd.err != nil {
		return cmd.err
	}
	return c.fail(&ProtocolError{Text: "OK to " + cmd.name + " before it was complete"})
}

// sendOpen sends the line up to its last synchronising literal's announcement and waits to be asked for more. What
// follows is left to sendRest.
func (c *Conn) sendOpen(l *line) (*command, error) {
	if l.err != nil {
		return nil, l.err
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	cmd := &command{tag: l.tag, name: l.name}
	c.pending = append(c.pending, cmd)
	from := wait{}
	for _, to := range l.waits {
		c.showOut(l.shown[from.shown:to.shown])
		if err := c.write(l.out[from.out:to.out]); err != nil {
			return nil, err
		}
		from = to
		if err := c.awaitContinuation(cmd); err != nil || cmd.done {
			return cmd, err
		}
	}
	l.out = l.out[:copy(l.out, l.out[from.out:])]
	l.shown = l.shown[:copy(l.shown, l.shown[min(from.shown, len(l.shown)):])]
	return cmd, nil
}

func (c *Conn) sendRest(l *line, end string) error {
	l.out = append(l.out, end...)
	c.showOut(l.shown)
	c.sending()
	return c.write(l.out)
}

// run sends the line and waits for its tagged answer.
func (c *Conn) run(l *line) (*command, error) {
	cmd, err := c.send(l)
	if err != nil {
		return nil, err
	}
	return cmd, c.await(cmd)
}

// showOut hands what goes out to Trace.
func (c *Conn) showOut(shown []byte) {
	if c.o.Trace == nil || len(shown) == 0 {
		return
	}
	for s := range strings.SplitSeq(strings.TrimSuffix(string(shown), "\n"), "\n") {
		c.o.Trace("C", s)
	}
}

// showLine hands what came in to Trace. Challenges may hold what a log must not, and some servers repeat a command that
// they refuse, password and all.
func (c *Conn) showLine(line []byte) {
	if c.hiding && len(line) > 0 && line[0] == '+' {
		c.o.Trace("S", "+ "+redacted)
		return
	}
	c.o.Trace("S", c.redact(string(line)))
}

// minReplaced is the length from which a secret is replaced where it stands, in octets. To replace each "a" would spell the secret out, so
// a text with a shorter one in it is not shown at all.
const minReplaced = 4

// redact takes the secrets in use out of a text of the server.
func (c *Conn) redact(s string) string {
	for _, secret := range c.secrets {
		if len(secret) < minReplaced && strings.Contains(s, secret) {
			return redacted
		}
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// quotable says whether s may go as a quoted string: printable ASCII without '"' and '\', which some servers treat each in their own way.
func quotable(s string) bool {
	if len(s) > maxQuoted {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// isAtom says whether s may stand bare in a command (RFC 3501 §9: atom-specials, and ']').
func isAtom(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= 0x20 || s[i] > 0x7e || strings.IndexByte(`(){%*"\]`, s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}

// ours adds a blank and text that this program has written, and holds it to printable ASCII all the same.
func (l *line) ours(what, s string) *line {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			l.refuse("%w: in the %s", ErrUnsafeString, what)
		}
	}
	return l.raw(" ").raw(s)
}

// first leaves out the blank that the next string brings: it stands behind a parenthesis.
func (l *line) first() { l.tight = true }
