package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// overviewView is how a service is, on one screen.
type overviewView struct {
	desk.Overview
	Upstreams         []desk.Upstream
	Away              int // upstreams that are
	Causes            []cause
	Silent            []string
	Known             bool // false: the proxies are being asked what went wrong
	Accepted, Refused int  // logins of the last hour
	Chart             chart
}

func loadOverview(v *visit) (any, error) {
	var o overviewView
	var err error
	if o.Overview, err = v.desk.Overview(v.Context()); err != nil {
		return nil, err
	}
	if o.Upstreams, err = v.desk.Upstreams(v.Context()); err != nil {
		return nil, err
	}
	for _, u := range o.Upstreams {
		if u.State == "away" {
			o.Away++
		}
	}
	found, known, err := v.cache.troubles.get(v.Context())
	if err != nil {
		return nil, err
	}
	o.Known = known
	o.Causes, o.Silent = causesOf(found.Troubles), found.Silent
	for _, m := range o.Minutes {
		o.Accepted += m.Accepted
		o.Refused += m.Refused
	}
	o.Chart = chartOf(o.Minutes)
	return o, nil
}

// Silents is how many devices are overdue.
func (o overviewView) Silents() int64 { return int64(len(o.Overdue)) + o.MoreOverdue }

// cause is trouble that has the same remedy.
type cause struct {
	Kind          backend.TroubleKind
	Words, Advice string // of the newest
	Upstream      string
	Times         int
	Accounts      []string // some of those that have it
	More          int      // others
	Last          time.Time
}

// namedAccounts is how many accounts a cause names.
const namedAccounts = 5

// causesOf puts troubles together by what is to be done, the most frequent first.
func causesOf(list []desk.Trouble) []cause {
	type key struct {
		kind             backend.TroubleKind
		upstream, advice string
	}
	found := make(map[key]*cause)
	names := make(map[key][]string)
	for _, t := range list {
		k := key{t.Kind, t.Upstream, t.Advice}
		c := found[k]
		if c == nil {
			c = &cause{Kind: t.Kind, Words: t.Words, Advice: t.Advice, Upstream: t.Upstream, Last: t.Last}
			found[k] = c
		}
		c.Times += t.Times
		if name := cmp.Or(t.Account, t.User); name != "" && !slices.Contains(names[k], name) {
			names[k] = append(names[k], name)
		}
	}
	causes := []cause{}
	for k, c := range found {
		c.Accounts = names[k][:min(len(names[k]), namedAccounts)]
		c.More = len(names[k]) - len(c.Accounts)
		causes = append(causes, *c)
	}
	slices.SortFunc(causes, func(a, b cause) int { return cmp.Or(cmp.Compare(b.Times, a.Times), strings.Compare(a.Words, b.Words)) })
	return causes
}

// chart draws logins a minute.
type chart struct {
	Bars          []bar
	Most          int
	Width, Height int
	Words         string // what it shows, for who does not see it
}

// bar is a minute: refused logins lie on accepted ones.
type bar struct {
	X, Y, Height, RefusedY, RefusedHeight int
	Words                                 string
}

// The measures of a chart, in its own units.
const (
	barWidth, barGap = 8, 2
	chartHeight      = 80
	chartMinutes     = 61
)

func chartOf(minutes []desk.Minute) chart {
	c := chart{Width: chartMinutes * (barWidth + barGap), Height: chartHeight}
	minutes = minutes[max(0, len(minutes)-chartMinutes):]
	all := 0
	for _, m := range minutes {
		c.Most = max(c.Most, m.Accepted+m.Refused)
		all += m.Accepted + m.Refused
	}
	for i, m := range minutes {
		b := bar{X: (chartMinutes - len(minutes) + i) * (barWidth + barGap), Words: fmt.Sprintf("%s: %d accepted, %d refused", m.At.Local().Format("15:04"), m.Accepted, m.Refused)}
		b.Height, b.RefusedHeight = scaled(m.Accepted, c.Most), scaled(m.Refused, c.Most)
		b.Y = chartHeight - b.Height
		b.RefusedY = b.Y - b.RefusedHeight
		c.Bars = append(c.Bars, b)
	}
	c.Words = fmt.Sprintf("Logins a minute in the last hour: %d in all, at most %d in one minute", all, c.Most)
	return c
}

// scaled is how high a bar is; what is not nothing can be seen.
func scaled(n, most int) int {
	if n == 0 {
		return 0
	}
	return max(2, n*(chartHeight-4)/most)
}

// days is how long is left of what ends.
func days(ends time.Time) int { return int(time.Until(ends) / (24 * time.Hour)) }

// left says it.
func left(ends time.Time) string {
	n := days(ends)
	switch {
	case time.Until(ends) <= 0:
		return "ended"
	case n == 0:
		return "ends today"
	}
	return translate.Count(n, "day") + " left"
}

// urgency is how a time that is left is coloured.
func urgency(ends time.Time) string {
	switch n := days(ends); {
	case n < 3:
		return "bad"
	case n < 14:
		return "warn"
	}
	return "good"
}
