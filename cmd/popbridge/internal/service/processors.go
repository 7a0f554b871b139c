package service

import (
	"context"
	"os"
	"runtime"
	"time"
)

// On how many processors the process runs its goroutines. Go takes all there are, and with more
// than one its threads wake one another and look for work that is not there: a fifth of what a
// poll costs. So it has as many as the work at hand needs, one at least.
const (
	// shortLook is how often it is looked while there is work, longLook while there is
	// hardly any: while less than idleUse of a processor is used.
	shortLook, longLook = 20 * time.Millisecond, 320 * time.Millisecond
	idleUse             = 0.25
	// full is the use of each processor from which on there have to be more: what waits
	// for one that is always in use waits long. There are fewer where each of these is used
	// up to enough.
	full, enough = 0.9, 0.8
	// patient is how long what is ready may wait for a processor, where they are not nearly
	// idle: longer, and some sessions keep them from the others.
	patient = 2500 * time.Microsecond
	// A look counts as one of so many, since work comes in gusts: of what is used, and of
	// the waits, which other processes on the machine have grow for a moment.
	looksOfUse, looksOfWaits = 4, 16
	// atFirst is how long a number is kept before there are fewer, and twice as long each
	// time when those were soon too few, up to atLast: work that comes in waves is not met
	// by a change for each wave.
	atFirst, atLast = time.Second, time.Minute
)

// keepProcessors gives the process as many processors as it needs until ctx ends. Where
// operators have set GOMAXPROCS, that holds, and so do Go's rules on a system that does not
// tell what a process has used.
func keepProcessors(ctx context.Context) {
	spent, err := cpuTime()
	most := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" || err != nil || most == 1 {
		return
	}
	last := time.Now()
	p := processors{now: 1, most: most, kept: atFirst, changed: last}
	defer runtime.SetDefaultGOMAXPROCS()
	runtime.GOMAXPROCS(p.now)
	pause := longLook
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		total, err := cpuTime()
		if err != nil {
			return
		}
		elapsed := now.Sub(last)
		l := look{at: now, use: float64(total-spent) / float64(elapsed), late: elapsed - pause}
		last, spent = now, total
		if n := p.next(l); n != p.now {
			given := give(n, p.most)
			if n == p.most {
				p.most = given
			}
			p.note(given, now)
		}
		if pause = shortLook; l.use < idleUse {
			pause = longLook
		}
		timer.Reset(pause)
	}
}

// look is what was seen since the last one.
type look struct {
	at   time.Time
	use  float64       // processors that were used
	late time.Duration // how long a goroutine that was ready waited for one
}

// processors decides how many there are.
type processors struct {
	now, most int
	use       float64       // as in a look, of the last ones
	late      time.Duration // likewise
	changed   time.Time
	kept      time.Duration // how long a number is kept before there are fewer
	fewer     bool          // the last change was to fewer
}

// next takes a look, and gives how many there have to be.
func (p *processors) next(l look) int {
	p.use += (l.use - p.use) / looksOfUse
	p.late += (l.late - p.late) / looksOfWaits
	has := float64(p.now)
	switch need := int(p.use/enough) + 1; {
	case p.now < p.most && (p.use >= full*has || p.use >= idleUse*has && p.late > patient):
		return min(2*p.now, p.most)
	case need < p.now && p.late <= patient && l.at.Sub(p.changed) >= p.kept:
		return need
	}
	return p.now
}

// note says that their number was changed.
func (p *processors) note(n int, at time.Time) {
	switch before := at.Sub(p.changed); {
	case n < p.now: // whether that is too few will be seen
	case p.fewer && before < 10*p.kept:
		p.kept = min(2*p.kept, atLast)
	case p.fewer:
		p.kept = atFirst
	}
	p.fewer = n < p.now
	p.now, p.changed, p.late = n, at, 0
}

// give has the process run on n processors, and gives how many that are. All there are is Go's
// own rule: it follows what the system gives, and a container's limit may have changed.
func give(n, most int) int {
	if n < most {
		runtime.GOMAXPROCS(n)
		return n
	}
	runtime.SetDefaultGOMAXPROCS()
	return runtime.GOMAXPROCS(0)
}
