package alarms

import (
	"fmt"
	"strings"
	"time"

	"popbridge/proxy/ledger/notices"
	"popbridge/translate"
)

// text says in one line what has happened.
func text(n notices.Notice) string {
	line := strings.Map(harmless, sentence(n.Kind, n.Facts))
	if n.Times > 1 {
		line += fmt.Sprintf(" (%d times since %s)", n.Times, n.First.UTC().Format(time.RFC3339))
	}
	return line
}

// harmless takes out what chats take for more than text: a device's name may be anything.
func harmless(r rune) rune {
	switch {
	case r == '<':
		return '‹'
	case r == '>':
		return '›'
	case r < ' ' || r == 0x7f:
		return '·'
	}
	return r
}

func sentence(kind notices.Kind, f notices.Facts) string {
	whose := f.Account
	if f.Device != "" {
		whose = "device " + f.Device + " of " + f.Account
	}
	switch kind {
	case notices.DeviceOverdue:
		if f.Since.IsZero() {
			return fmt.Sprintf("%s is overdue: it has never logged in (expected: %s)", whose, f.Expect)
		}
		return fmt.Sprintf("%s is overdue: it last logged in at %s (expected: %s)", whose, moment(f.Since), f.Expect)
	case notices.DeviceBack:
		return whose + " is back: it has logged in again"
	case notices.UpstreamAway:
		return fmt.Sprintf("upstream %s is away: it cannot be reached since %s", f.Upstream, moment(f.Since))
	case notices.UpstreamBack:
		return fmt.Sprintf("upstream %s is back: it was away since %s", f.Upstream, moment(f.Since))
	case notices.GrantRefused:
		return fmt.Sprintf("the authorization of %s at upstream %s is refused: run popbridge account authorize %s; %s", f.Account, f.Upstream, f.Account, f.Cause)
	case notices.GrantEnding:
		return fmt.Sprintf("the authorization of %s at upstream %s ends at %s: run popbridge account authorize %s", f.Account, f.Upstream, moment(f.Ends), f.Account)
	case notices.Expiring:
		return fmt.Sprintf("the %s ends at %s", f.What, moment(f.Ends))
	case notices.QUITUnconfirmed:
		return fmt.Sprintf("deletions of %s were not confirmed by upstream %s: %s", whose, f.Upstream, f.Cause)
	case notices.MailboxHeld:
		return fmt.Sprintf("the mailbox of %s (maildrop %s, upstream %s) is held back: it has another UIDVALIDITY, and %s; see popbridge account show %s",
			f.Account, f.Maildrop, f.Upstream, heldFor(f.Cause), f.Account)
	case notices.LedgerFailing:
		return "the ledger fails, so logins and deletions are refused: " + f.Cause
	case notices.LedgerBack:
		return "the ledger can be relied on again"
	}
	return string(kind)
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

func heldFor(why string) string {
	if translate.Freeze(why) == translate.FrozenEmpty {
		return "it is empty"
	}
	return "most of its messages are unknown"
}
