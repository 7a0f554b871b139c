package lookup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// Directories asks the directories of a configuration. It may be used by any number of
// goroutines; the zero value is ready.
type Directories struct {
	mu   sync.Mutex
	open map[string]*directory // by label
}

// driver is how a kind of directory is asked.
type driver interface {
	// reads takes out of a question what the directory does not look at.
	reads(translate.DirectoryQuestion) translate.DirectoryQuestion
	// ask gives the directory's answer; false: it knows nothing of the account.
	ask(context.Context, translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error)
	close()
}

// directory is one that has been asked.
type directory struct {
	configs.Lookup
	driver driver
	cache  cache
}

// Ask asks the directory of a lookup, or gives what it has said a short while ago.
func (d *Directories) Ask(ctx context.Context, l configs.Lookup, q translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error) {
	at, err := d.directory(l)
	if err != nil {
		return translate.DirectoryAnswer{}, false, err
	}
	return at.ask(ctx, at.driver.reads(q), time.Now())
}

func (d *Directories) directory(l configs.Lookup) (*directory, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.open[l.Name]
	if at != nil && at.same(l) {
		return at, nil
	}
	if at != nil {
		delete(d.open, l.Name)
		at.driver.close()
	}
	made, err := connect(l)
	if err != nil {
		return nil, err
	}
	if d.open == nil {
		d.open = make(map[string]*directory)
	}
	at = &directory{Lookup: l, driver: made}
	d.open[l.Name] = at
	return at, nil
}

// same reports whether a lookup is still the one that was opened.
func (d *directory) same(l configs.Lookup) bool {
	if d.Source.Reveal() != l.Source.Reveal() {
		return false
	}
	l.Source = d.Source
	return d.Lookup == l
}

func connect(l configs.Lookup) (driver, error) {
	switch l.Driver {
	case configs.LookupFile:
		return &file{path: l.Source.Reveal(), stale: l.Stale}, nil
	case configs.LookupSQL:
		return newSQL(l)
	case configs.LookupLDAP:
		return newLDAP(l)
	case configs.LookupHTTP:
		return newHTTP(l)
	}
	return nil, fmt.Errorf("driver %s cannot be asked", l.Driver)
}

// ask looks into the cache, then asks within the lookup's timeout.
func (d *directory) ask(ctx context.Context, q translate.DirectoryQuestion, now time.Time) (translate.DirectoryAnswer, bool, error) {
	if _, uncached := d.driver.(*file); uncached {
		return d.driver.ask(ctx, q)
	}
	old, known := d.cache.get(q)
	if known && old.fresh(now, d.Cache, d.NegativeCache) {
		return old.answer, old.found, nil
	}
	actx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	answer, found, err := d.driver.ask(actx, q)
	if err == nil {
		d.cache.put(q, entry{answer: answer, found: found, at: now})
		return answer, found, nil
	}
	// A driver's own clock may be first, and has other words for it.
	deadline, _ := actx.Deadline()
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || !time.Now().Before(deadline)) {
		err = fmt.Errorf("no answer within %v", d.Timeout)
	}
	if known && old.found && now.Sub(old.at) < d.Stale {
		return old.answer, true, nil
	}
	return translate.DirectoryAnswer{}, false, err
}

// Configure lets go of the directories that a configuration does not have.
func (d *Directories) Configure(cfg *configs.Config) {
	d.closeIf(func(at *directory) bool {
		l, ok := cfg.Lookup[at.Name]
		return !ok || !at.same(l)
	})
}

// Close lets go of every directory.
func (d *Directories) Close() { d.closeIf(func(*directory) bool { return true }) }

func (d *Directories) closeIf(leave func(*directory) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, at := range d.open {
		if leave(at) {
			at.driver.close()
			delete(d.open, name)
		}
	}
}
