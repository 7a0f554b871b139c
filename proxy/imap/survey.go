package imap

import (
	"context"
	"errors"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
)

// SurveyOptions says what a survey asks for. ModSeq needs CONDSTORE. MAILBOXID is not among it: Cyrus 3.6 answers with memory that it has
// given back where it stands beside other items; SELECT tells it.
type SurveyOptions struct {
	List, SpecialUse bool // see ListOptions
	ModSeq           bool
	Noop             bool // has the server say first what has changed in the selected mailbox
	// Visit has every mailbox selected behind its STATUS, and searched for this; nil: no. The last one stays selected, and after an
	// error nobody knows which.
	Visit *Criteria
}

// Survey asks for the mailboxes of the account, if it is to, and for the STATUS of some of them, all in one flight: no command
// waits for the answer to another. A status is nil where the server refuses it, names another mailbox in it, or the name cannot be
// sent without waiting. What follows STATUS in it is what Selected would say.
func (c *Conn) Survey(ctx context.Context, o SurveyOptions, names []string) (found []Mailbox, told []*Status, err error) {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return nil, nil, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	c.asked = asked{mailboxes: &found}
	defer c.askedNothing()
	var noop, list *command
	if o.Noop {
		if noop, err = c.send(c.command("NOOP")); err != nil {
			return nil, nil, err
		}
	}
	if o.List {
		l := c.command("LIST").str("reference", "").str("pattern", "*")
		if o.SpecialUse && caps.Has(goimap.CapSpecialUse) && caps.Has(goimap.CapListExtended) {
			l.raw(" RETURN (SPECIAL-USE)")
		}
		if list, err = c.send(l); err != nil {
			return nil, nil, err
		}
	}
	commands, visits := make([]*command, len(names)), make([]visit, len(names))
	for i, name := range names {
		if !quotable(name) {
			continue
		}
		if commands[i], err = c.send(c.command("STATUS").str("mailbox name", name).raw(statusItems(o))); err != nil {
			return nil, nil, err
		}
		if o.Visit != nil {
			if visits[i], err = c.visit(name, o.Visit, caps); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, cmd := range []*command{noop, list} {
		if cmd == nil {
			continue
		}
		if err := c.await(cmd); err != nil {
			return nil, nil, settled(c, append(commands, visited(visits)...), err)
		}
	}
	told = make([]*Status, len(names))
	for i, cmd := range commands {
		if cmd == nil {
			continue
		}
		var s Status
		c.asked = asked{mailboxes: &found, status: &s}
		var refused *StatusError
		switch err := c.await(cmd); {
		case errors.As(err, &refused) && c.Err() == nil:
		case err != nil:
			return nil, nil, err
		case s.named(names[i]) && s.UIDValidity != 0:
			told[i] = &s
		}
		if o.Visit == nil {
			continue
		}
		if s.Visited, err = c.arrive(visits[i]); err != nil {
			return nil, nil, err
		}
	}
	return found, told, nil
}

// visit is a SELECT in flight with a search behind it.
type visit struct {
	selected *command
	behind   behind
}

func (c *Conn) visit(name string, search *Criteria, caps goimap.CapSet) (v visit, err error) {
	if v.selected, err = c.send(c.command("SELECT").str("mailbox name", name)); err == nil {
		v.behind, err = c.searchBehind(search, caps)
	}
	return v, err
}

// arrive awaits a visit; nil where the server refuses it, or does not say how many messages there are.
func (c *Conn) arrive(v visit) (*Selected, error) {
	s := &Selected{}
	c.exists = 0
	c.asked = asked{selected: s}
	var refused *StatusError
	switch err := c.await(v.selected); {
	case errors.As(err, &refused) && c.Err() == nil:
		return nil, settled(c, []*command{v.behind.cmd}, nil)
	case err != nil:
		return nil, err
	}
	said := c.asked.sawExists
	c.changes = Changes{Exists: c.exists}
	var err error
	if s.Found, err = c.foundBehind(v.behind); err != nil || !said {
		return nil, err
	}
	return s, nil
}

// visited are the commands of visits.
func visited(visits []visit) (commands []*command) {
	for _, v := range visits {
		commands = append(commands, v.selected, v.behind.cmd)
	}
	return commands
}

// settled awaits what is still in flight behind a refusal, which stands.
func settled(c *Conn, commands []*command, refusal error) error {
	for _, cmd := range commands {
		var refused *StatusError
		if cmd == nil {
			continue
		}
		if err := c.await(cmd); err != nil && (!errors.As(err, &refused) || c.Err() != nil) {
			return err
		}
	}
	return refusal
}

func statusItems(o SurveyOptions) string {
	items := " (MESSAGES UIDNEXT UIDVALIDITY"
	if o.ModSeq {
		items += " HIGHESTMODSEQ"
	}
	return items + ")"
}

// named reports whether a status is of the mailbox that was asked for.
func (s *Status) named(name string) bool {
	return s.name == name || strings.EqualFold(name, "INBOX") && strings.EqualFold(s.name, "INBOX")
}
