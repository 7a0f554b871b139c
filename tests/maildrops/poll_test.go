package maildrops_test

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

func pollCases() []testCase {
	return []testCase{
		{name: "an unchanged poll without CONDSTORE", run: unchangedPoll, on: "courier"},
		{name: "what others change between polls", run: changedBetweenPolls},
	}
}

// unchangedPoll: Courier's STATUS tells of no flags, and its SELECT of no UIDNEXT. A poll
// costs one round trip more than that of one mailbox all the same, and lists nothing.
func unchangedPoll(a *account) {
	raw := a.put("INBOX", "Orders", "Orders/2024", "Faxes", "Away")
	b := a.serve(`mailbox: ["INBOX", "Orders*", "Faxes", "Away"]`, "on_delete: flag\nlog: {level: trace}")
	c := a.device(b)
	c.OK("DELE 2")
	c.Quit()
	a.ids(b) // what it has flagged is listed anew once
	for range 3 {
		c := a.device(b)
		log := b.Output()
		if n := len(c.UniqueIDs()); n != len(raw)-1 {
			a.t.Errorf("%d messages are listed, want %d", n, len(raw)-1)
		}
		c.Quit()
		if trips, lines := roundTrips(log[strings.LastIndex(log, "PASS <redacted>"):]); trips > 2 || strings.Contains(lines, " FETCH ") {
			a.t.Errorf("it took %d round trips, want 2 and no FETCH:\n%s", trips, lines)
		}
	}
}

// roundTrips counts how often the upstream was waited for.
func roundTrips(log string) (trips int, lines string) {
	out := false
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "wire: ") || strings.Contains(line, "pop3") {
			continue
		}
		lines += line
		if sent := strings.Contains(line, "dir=C "); sent != out {
			out = sent
			if sent {
				trips++
			}
		}
	}
	return trips, lines
}

// changedBetweenPolls: whatever another program does to one of the mailboxes, the next poll
// shows it, in those too that need not be selected where nothing has changed.
func changedBetweenPolls(a *account) {
	raw := a.put("INBOX", "Orders", "Faxes", "Orders", "Faxes", "Orders/2024")
	b := a.serve(shown)
	poll := func(what string, want ...int) {
		a.t.Helper()
		var texts []string
		for _, n := range want {
			texts = append(texts, raw[n])
		}
		for range 2 {
			same(a.t, what, a.texts(b), texts)
		}
	}
	poll("at first", 0, 1, 2, 3, 4, 5)
	orders, faxes := a.uids("Orders"), a.uids("Faxes")
	a.w.Store(a.named("Orders"), orders[0], imap.StoreFlagsAdd, imap.FlagDeleted)
	poll("with one struck out", 0, 2, 3, 4, 5)
	a.w.Store(a.named("Orders"), orders[0], imap.StoreFlagsDel, imap.FlagDeleted)
	a.w.Store(a.named("Orders"), orders[1], imap.StoreFlagsAdd, imap.FlagDeleted)
	poll("with another one instead", 0, 1, 2, 4, 5)
	a.w.Store(a.named("Orders"), orders[1], imap.StoreFlagsDel, imap.FlagDeleted)
	a.w.Remove(a.named("Faxes"), faxes[1])
	raw = append(raw, a.put("Faxes")...)
	poll("with one gone, and one come in its place", 0, 1, 2, 3, 5, 6)
	a.w.Remove(a.named("Faxes"), a.uids("Faxes")[1])
	poll("with the last gone", 0, 1, 2, 3, 5)
	a.w.Remove(a.named("Orders"), orders[0])
	raw = append(raw, a.put("Orders")...)
	poll("with the first gone and one more", 0, 2, 3, 5, 7)
}
