package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// openMaildrop is a login: the credential is held against the route, the mailbox
// is opened, which proves what the upstream has to check, then the page, which is
// the lock, so that [IN-USE] comes only after good credentials (RFC 2449 §8.1.2),
// then the mailbox is listed and becomes a maildrop. Whatever it returns has to be
// closed.
func (s *session) openMaildrop(ctx context.Context, name string, c credential) (o open, err error) {
	login, err := s.rules().Parse(name)
	if err != nil {
		c.never = err
		return o, s.guarded(&o, name, c, nil, func() error { return translate.BadCredentials(err) })
	}
	o.Login = login
	if catchUp := s.server.backend.CatchUp; catchUp != nil {
		if err := catchUp(ctx); err != nil {
			return o, temporary(err)
		}
	}
	// From here on the login counts as a session of the account: a move that begins
	// after the question is answered waits for it.
	s.server.name(s, route.Target{Login: login})
	moved, err := s.whereabouts(ctx, login.Account)
	if err != nil {
		return o, err
	}
	if err := s.authenticate(ctx, &o, moved, login, c); err != nil {
		return o, err
	}
	o.page, err = s.server.backend.OpenPage(ctx, s.key(o))
	if err != nil {
		return o, err
	}
	o.durable = o.page.Durable()
	return o, s.reach(ctx, &o)
}

// overtakes is how often a login begins again because other sessions have changed
// what is remembered of the mailbox while it read it.
const overtakes = 5

// reach makes the maildrop of what the mailbox holds and what is remembered of it.
// Where another session was faster, both are looked at again: nothing has been
// shown to the device yet.
func (s *session) reach(ctx context.Context, o *open) (err error) {
	for range overtakes {
		var listing translate.Listing
		var known translate.Known
		if listing, known, err = s.recall(ctx, o); err == nil {
			if err = s.checkPolicy(*o); err == nil {
				err = s.build(ctx, o, listing, known)
			}
		}
		if !errors.Is(err, translate.ErrOvertaken) || ctx.Err() != nil {
			break
		}
		s.log.Debug("another session was faster; the login looks again", "account", o.Account)
		if err := s.lookAgain(o); err != nil {
			return err
		}
	}
	return err
}

// errHeld is why nobody logs in to an account that a command is about to move.
var errHeld = errors.New("an operator holds the account's logins (popbridge account move --hold)")

// whereabouts asks where an account is served that an operator has moved; empty
// is where its routes lead. While it is held every login is put off before its
// password is looked at: to prove that would open the very mailbox that is to be
// left alone.
func (s *session) whereabouts(ctx context.Context, account string) (upstream string, err error) {
	ask := s.server.backend.Whereabouts
	if ask == nil {
		return "", nil
	}
	w, err := ask(ctx, account)
	if err == nil && w.Held {
		err = translate.Temporary(errHeld)
	}
	return w.Upstream, temporary(err)
}

// noWay makes a Refusal of the error of a login that leads nowhere: it looks like
// a wrong password, unless the configuration is at fault.
func noWay(err error) error {
	var refusal *translate.Refusal
	if errors.As(err, &refusal) {
		return err
	}
	return translate.BadCredentials(err)
}

// authenticate finds the way upstream and opens the mailbox there, unless too
// many logins have failed. A login without a route is counted like any other: it
// must not be told apart.
func (s *session) authenticate(ctx context.Context, o *open, moved string, login translate.Login, c credential) error {
	way, lost := s.travel(login, moved)
	account := login.Account
	if lost == nil {
		o.Target, account = way, way.Upstream.Name+"\x00"+way.UpstreamLogin
	}
	// An account that nobody serves is excused by the same work, and never.
	excused := func() bool { return s.unguessable(ctx, *o, login, c, lost == nil) }
	return s.guarded(o, account, c, excused, func() error {
		if lost != nil {
			return s.refuseAlike(ctx, login, c, lost)
		}
		s.server.name(s, o.Target)
		return s.openMailbox(ctx, o, login, c)
	})
}

// guarded tries a login, unless too many have failed for its account or from its
// address, and counts it where it fails. No login is refused for its credentials
// but by this way. excused says that the account's failures do not count; nil: they do.
func (s *session) guarded(o *open, account string, c credential, excused func() bool, try func() error) error {
	guess, err := s.guess(account, c)
	if errors.Is(err, errAccountGuesses) && excused != nil && excused() {
		err = nil
	}
	if err != nil {
		o.penalty = guess.delay()
		return err
	}
	err = try()
	if guess.settle(err) {
		o.penalty = guess.delay()
	}
	return err
}

// openMailbox holds the credential against what the route asks for, and opens the
// mailbox.
func (s *session) openMailbox(ctx context.Context, o *open, login translate.Login, c credential) error {
	onward, err := s.admit(ctx, o, login, c)
	if err != nil {
		return err
	}
	key, start := paceKey{o.Upstream.Name, !onward.bearer.Empty()}, time.Now()
	defer func() { s.server.paces.note(key, time.Since(start), err) }()
	if onward, err = s.prove(ctx, o, onward); err != nil {
		return err
	}
	o.mailbox, err = s.server.backend.OpenMailbox(ctx, Request{
		Upstream: o.Upstream, Maildrop: o.Maildrop, Account: o.UpstreamLogin, Owner: o.Login, Password: onward.password, Bearer: onward.bearer, Client: s.client, Log: s.log,
	})
	return err
}

// guess asks the guard whether a login may be tried.
func (s *session) guess(account string, c credential) (*guess, error) {
	ctx, cancel := context.WithDeadline(s.server.draining, s.loginDeadline())
	defer cancel()
	return s.server.guard.begin(ctx, guessLimits(s.config.Limits, s.client), s.client, account, c.known())
}

// key says whose page it is. Where its lock is taken over, the session ends.
func (s *session) key(o open) PageKey {
	return PageKey{
		Account: o.Account, Device: o.Device, Maildrop: o.Key.Name, Upstream: o.Upstream.Name, Login: o.UpstreamLogin,
		Mailbox: o.Maildrop.Mailbox, Session: s.id, Client: s.client.String(), Lock: o.Maildrop.Lock, Takeover: o.Maildrop.LockTakeover, Displaced: s.displaced(),
	}
}

// recall lists the mailbox and brings what is remembered of it up to date: what
// a crash has interrupted is settled, and messages that are there under another
// UID are found again.
func (s *session) recall(ctx context.Context, o *open) (translate.Listing, translate.Known, error) {
	before, listing, known, err := s.compare(ctx, o)
	if err != nil {
		return listing, known, err
	}
	// One crash may have interrupted the QUITs of several devices.
	for looked := false; known.Intent != nil; {
		if !looked && known.Intent.UIDNext > listing.UIDNext {
			// Who made it has seen the mailbox later than this login has.
			looked = true
			if before, listing, known, err = s.compareAnew(ctx, o); err != nil {
				return listing, known, err
			}
			continue
		}
		if err := s.settle(ctx, o, listing, *known.Intent); err != nil {
			return listing, known, err
		}
		if listing, err = o.mailbox.List(ctx, listing); err != nil {
			return listing, known, err
		}
		if known, err = o.page.Known(listing.UIDValidity); err != nil {
			return listing, known, temporary(err)
		}
	}
	linked, err := s.relink(ctx, o, before, listing, known)
	if err != nil {
		return listing, known, err
	}
	if linked {
		if known, err = o.page.Known(listing.UIDValidity); err != nil {
			return listing, known, temporary(err)
		}
	}
	return listing, known, nil
}

// build makes the maildrop and records what was learned.
func (s *session) build(ctx context.Context, o *open, listing translate.Listing, known translate.Known) error {
	if s.config.Login.Devices == configs.DevicesKnown && o.Login.Device != "" && !o.NamesDevice && !known.DeviceKnown {
		return translate.BadCredentials(fmt.Errorf(`device %.128q is not known; login.devices is "known": add it with popbridge account device add`, o.Device))
	}
	facts := translate.Facts{UIDValidity: listing.UIDValidity, Listing: &listing, Login: true}
	spans, added := translate.Spans(known.Formats, o.Maildrop.UniqueID, listing.UIDNext, listing.Entries)
	known.Formats = spans
	tidied, pins := known.Tidy(listing)
	if added || len(tidied) < len(spans) {
		facts.Formats = tidied
	}
	if known.NewDevice {
		unwanted, err := s.firstSight(ctx, o, listing)
		if err != nil {
			return err
		}
		facts.Hide = unwanted
		known.Hide(unwanted)
	}
	if days := int(o.Maildrop.Visible); days > 0 {
		recent, err := o.mailbox.Since(ctx, daysAgo(days))
		if err != nil {
			return err
		}
		known.Recent = &recent
	}
	drop, err := translate.NewMaildrop(listing, known, o.Maildrop.Policy())
	if err != nil {
		return translate.Temporary(err)
	}
	o.drop, o.next = drop, listing.UIDNext
	if facts.Pins = drop.Facts().Pins; facts.Pins == nil {
		facts.Pins = pins
	} else {
		maps.Copy(facts.Pins, pins)
	}
	return o.page.Record(facts)
}

// firstSight gives what maildrop.first_login keeps from a device that was never
// seen before.
func (s *session) firstSight(ctx context.Context, o *open, listing translate.Listing) (imap.UIDSet, error) {
	first := o.Maildrop.FirstLogin
	switch {
	case first.New:
		return translate.Without(listing.Entries, nil), nil
	case first.Days > 0:
		recent, err := o.mailbox.Since(ctx, daysAgo(int(first.Days)))
		if err != nil {
			return nil, err
		}
		return translate.Without(listing.Entries, recent), nil
	}
	return nil, nil
}

func daysAgo(n int) time.Time { return time.Now().AddDate(0, 0, -n) }
