package imapbox

import (
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
)

// maxShared bounds how many different sets of capabilities are kept; servers of
// one site have a few.
const maxShared = 100

// shared gives one set for all that hold the same capabilities. A session keeps
// its set as long as it lives, which thousands of silent ones do for hours.
// Nobody changes a set.
func (p *Pool) shared(caps goimap.CapSet) goimap.CapSet {
	names := make([]string, 0, len(caps))
	for name := range caps {
		names = append(names, string(name))
	}
	slices.Sort(names)
	key := strings.Join(names, " ")
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.caps[key]; ok {
		return known
	}
	if len(p.caps) < maxShared {
		p.caps[key] = caps
	}
	return caps
}
