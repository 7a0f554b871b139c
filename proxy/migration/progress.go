package migration

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"

	"popbridge/translate"
)

// lineInterval is how often plain lines tell how far a run is.
const lineInterval = 10 * time.Second

// Progress tells an operator how far a run over many accounts is: a bar on a
// terminal, elsewhere plain lines, one every ten seconds and one at the end. It is
// used by one goroutine at a time.
type Progress struct {
	out          io.Writer
	what         string
	total        int
	done, failed int
	bar          *progressbar.ProgressBar // nil: plain lines
	began, told  time.Time
}

// NewProgress makes a Progress for a total of accounts; what is the work's name.
func NewProgress(out io.Writer, terminal bool, what string, total int) *Progress {
	now := time.Now()
	p := &Progress{out: out, what: what, total: total, began: now, told: now}
	if terminal {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("accounts"),
			progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

// Did counts an account. One that failed is told at once, on a line of its own.
func (p *Progress) Did(a Account, err error) {
	p.done++
	if err != nil {
		p.failed++
		p.clear()
		fmt.Fprintf(p.out, "%s: %s: %s\n", p.what, printable(a.Name), printable(translate.Cause(err).Error()))
	}
	if p.bar != nil {
		_ = p.bar.Add(1) // a bar that cannot be drawn keeps nothing from being done
		return
	}
	if time.Since(p.told) >= lineInterval {
		p.told = time.Now()
		fmt.Fprintln(p.out, p.line())
	}
}

// printable keeps a server's words from being a terminal's commands.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

func (p *Progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// End takes the bar away and says in one line what was done.
func (p *Progress) End() {
	p.clear()
	fmt.Fprintln(p.out, p.line())
}

// line says how far the run is, how fast, and how long it will take at that rate.
func (p *Progress) line() string {
	took := time.Since(p.began)
	text := fmt.Sprintf("%s: %d of %d accounts, %d failed, %s", p.what, p.done, p.total, p.failed, took.Round(time.Second))
	if p.done == 0 || took < time.Second {
		return text
	}
	rate := float64(p.done) / took.Seconds()
	text += fmt.Sprintf(", %.1f accounts/s", rate)
	if left := p.total - p.done; left > 0 {
		text += fmt.Sprintf(", about %s left", (time.Duration(float64(left)/rate) * time.Second).Round(time.Second))
	}
	return text
}

// Failed is how many accounts have failed.
func (p *Progress) Failed() int { return p.failed }
