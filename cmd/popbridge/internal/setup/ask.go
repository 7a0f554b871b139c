package setup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNobody says that there is nobody to answer: the input has ended, or none is to be
// asked.
var ErrNobody = errors.New("nobody answers")

// Dialogue asks a person, or whatever answers in the place of one.
type Dialogue struct {
	in     io.Reader
	lines  *bufio.Reader
	out    io.Writer
	silent bool
}

// NewDialogue asks nobody where silent is set.
func NewDialogue(in io.Reader, out io.Writer, silent bool) *Dialogue {
	return &Dialogue{in, bufio.NewReader(in), out, silent}
}

// Input is what has not been read yet.
func (d *Dialogue) Input() io.Reader { return d.lines }

// Ask asks once. An empty answer is the fallback.
func (d *Dialogue) Ask(text, fallback string) (string, error) {
	if d.silent {
		return "", ErrNobody
	}
	if fallback != "" {
		text += " [" + fallback + "]"
	}
	fmt.Fprintf(d.out, "%s: ", text)
	line, err := d.lines.ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(d.out)
		return "", ErrNobody
	}
	if line = strings.TrimSpace(line); line == "" {
		return fallback, nil
	}
	return line, nil
}

// Secret asks for what a terminal must not show.
func (d *Dialogue) Secret(text string) (string, error) {
	f, ok := d.in.(*os.File)
	if d.silent || !ok || !term.IsTerminal(int(f.Fd())) {
		return d.Ask(text, "")
	}
	fmt.Fprintf(d.out, "%s: ", text)
	secret, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(d.out)
	return strings.TrimSpace(string(secret)), err
}

// Answer puts one question until its answer is right.
func (d *Dialogue) Answer(q Question, a *Answers) error {
	fallback := ""
	if q.Default != nil {
		fallback = q.Default(*a)
	}
	if d.silent && fallback != "" {
		return q.Set(a, fallback)
	}
	for {
		text, err := d.Ask(q.Text, fallback)
		if err != nil {
			return fmt.Errorf("--%s is missing: %s", q.Flag, firstLine(q.Text))
		}
		if err := q.Set(a, text); err != nil {
			fmt.Fprintf(d.out, "%v\n", err)
			continue
		}
		return nil
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, "?")
}
