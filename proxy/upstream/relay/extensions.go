package relay

import (
	"context"
	"strconv"
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
)

// known is how long it is taken for granted what a server has announced.
const known = time.Hour

// learned is what a server has announced, and when.
type learned struct {
	backend.Extensions
	at time.Time
}

// learn notes what a server announces.
func (p *Pool) learn(upstream string, c *client) backend.Extensions {
	has := func(name string) bool { ok, _ := c.Extension(name); return ok }
	e := backend.Extensions{EightBit: has("8BITMIME"), UTF8: has("SMTPUTF8"), DSN: has("DSN"), Pipelining: has("PIPELINING")}
	if _, text := c.Extension("SIZE"); text != "" {
		e.Size, _ = strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extensions[upstream] = learned{e, time.Now()}
	return e
}

const (
	// learnTimeout bounds the look at a server that is not known yet: a device waits for it.
	learnTimeout = 5 * time.Second
	// downFor is how long one that did not answer is not asked again, so that not every
	// device waits.
	downFor = time.Minute
)

// Extensions is what the submission server of an upstream has, as it was last seen. It
// is asked, without a login, where it was not seen for long; nothing where it has never
// answered.
func (p *Pool) Extensions(ctx context.Context, u configs.Upstream) backend.Extensions {
	p.mu.Lock()
	e, ok := p.extensions[u.Name]
	p.mu.Unlock()
	if ok && time.Since(e.at) < known || u.Submission.Address == "" {
		return e.Extensions
	}
	ctx, cancel := context.WithTimeout(ctx, learnTimeout)
	defer cancel()
	c, err := dial(ctx, p.dialer, u.ForSubmission(), nil)
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if now := p.extensions[u.Name]; now != e { // a login has learned it meanwhile
			return now.Extensions
		}
		p.extensions[u.Name] = learned{e.Extensions, time.Now().Add(downFor - known)}
		return e.Extensions
	}
	defer func() { _ = c.Quit(); _ = c.Close() }()
	return p.learn(u.Name, c)
}
