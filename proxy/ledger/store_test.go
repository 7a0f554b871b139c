package ledger_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"go.uber.org/goleak"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/translate"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// hang turns what never comes into a failure; nothing is measured
// by it.
const hang = time.Minute

// place is a ledger that can be opened again.
type place struct {
	ledger.Options
	lasts bool          // beyond Close
	store *ledger.Store // open already, where it does not
}

func (p place) open(t testing.TB) *ledger.Store {
	t.Helper()
	if p.store != nil {
		return p.store
	}
	o := p.Options
	o.Serve = true
	o.Log = func(level, message string, args ...any) { t.Log(append([]any{level, message}, args...)...) }
	s, err := ledger.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closes(t, s) })
	return s
}

type closer interface{ Close() error }

func closes(t testing.TB, c closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func sqliteAt(t testing.TB) place {
	return place{ledger.Options{Driver: ledger.DriverSQLite, Source: filepath.Join(t.TempDir(), "a folder?", "state.db")}, true, nil}
}

// suite is what every driver has to pass, each test on an empty ledger.
var suite = []struct {
	name string
	test func(*testing.T, place)
}{
	{"what is recorded is known afterwards", whatIsRecordedIsKnownAfterwards},
	{"an unchanged poll writes nothing", anUnchangedPollWritesNothing},
	{"what is left out is written where it changes", whatIsLeftOutIsWrittenWhereItChanges},
	{"listings change in pieces", listingsChangeInPieces},
	{"a page ends with its caller", aPageEndsWithItsCaller},
	{"locks", locks},
	{"a displaced session commits nothing", aDisplacedSessionCommitsNothing},
	{"an intent is shown only after its session", anIntentIsShownOnlyAfterItsSession},
	{"a new uidvalidity keeps what devices know", aNewUIDValidityKeepsWhatDevicesKnow},
	{"another upstream keeps what devices know", anotherUpstreamKeepsWhatDevicesKnow},
	{"a new uidof the same message is linked", aNewUIDOfTheSameMessageIsLinked},
	{"an empty mailbox has nothing to keep", anEmptyMailboxHasNothingToKeep},
	{"content keys are taken once", contentKeysAreTakenOnce},
	{"a mailbox is learned without a device", aMailboxIsLearnedWithoutADevice},
	{"an account that moves keeps its order", anAccountThatMovesKeepsItsOrder},
	{"two sessions list an old server", twoSessionsListAnOldServer},
	{"what is known is counted", whatIsKnownIsCounted},
	{"crowds are read whole", crowdsAreReadWhole},
	{"a match is kept", aMatchIsKept},
	{"a match gives a page its unique-ids", aMatchGivesAPageItsUniqueIDs},
	{"several mailboxes are one maildrop", severalMailboxesAreOneMaildrop},
	{"what is to be done in several mailboxes is written down at once", intentsOfSeveralMailboxes},
	{"what is left behind is found elsewhere", whatIsLeftBehindIsFoundElsewhere},
	{"a mailbox that has vanished is forgotten after a while", aVanishedMailboxIsForgotten},
	{"what was filed elsewhere is followed", whatWasFiledElsewhereIsFollowed},
	{"accounts are listed and forgotten", accountsAreListedAndForgotten},
	{"accounts are found by their beginning", accountsAreFoundByTheirBeginning},
	{"an account is described", anAccountIsDescribed},
	{"an agreement is for a frozen mailbox", anAgreementIsForAFrozenMailbox},
	{"a device that does not come is overdue", aDeviceThatDoesNotComeIsOverdue},
	{"nobody is overdue who could not come", nobodyIsOverdueWhoCouldNotCome},
	{"a watched device costs a write now and then", aWatchedDeviceCostsAWriteNowAndThen},
	{"what is expected changes", whatIsExpectedChanges},
	{"the journal is kept", theJournalIsKept},
	{"the journal keeps names", theJournalKeepsNames},
	{"what was brought back is noted once", whatWasBroughtBackIsNotedOnce},
	{"damage costs what was damaged", damageCostsWhatWasDamaged},
	{"a damaged list of an old server", aDamagedListOfAnOldServer},
	{"a damaged intent is left undone", aDamagedIntentIsLeftUndone},
	{"every damage is found", everyDamageIsFound},
	{"what was hidden is shown again", whatWasHiddenIsShownAgain},
	{"secrets are kept", secretsAreKept},
	{"a mailbox that was rolled back", aMailboxThatWasRolledBack},
	{"an older listing", anOlderListing},
	{"a session that lists several times", aSessionGoesOn},
	{"spans that others have changed", spansThatOthersHaveChanged},
	{"a twin that comes back", aTwinThatComesBack},
	{"a device is new until it has logged in", aDeviceIsNewUntilItHasLoggedIn},
	{"old lines leave the journal", oldLinesLeaveTheJournal},
	{"changes are heard once", changesAreHeardOnce},
	{"a login waits for what is given out", aLoginWaitsForWhatIsGivenOut},
	{"changes after a restore", changesAfterARestore},
	{"who is logged in is asked", whoIsLoggedInIsAsked},
	{"device passwords are kept", devicePasswordsAreKept},
	{"readable device passwords need the key", readableDevicePasswordsNeedTheKey},
	{"the last use is written once an hour", theLastUseIsWrittenOnceAnHour},
	{"an account is moved", anAccountIsMoved},
	{"a dead worker holds nobody", aDeadWorkerHoldsNobody},
	{"sessions of a held account are counted", sessionsOfAHeldAccountAreCounted},
	{"a clock that was ahead holds nobody", aClockThatWasAheadHoldsNobody},
	{"a clock that was ahead hides nothing", aClockThatWasAheadHidesNothing},
	{"milestones are kept", milestonesAreKept},
	{"stages are counted", stagesAreCounted},
	{"what devices know is shown", whatDevicesKnowIsShown},
	{"many sessions at once", manySessionsAtOnce},
	{"first logins at once", firstLoginsAtOnce},
	{"interrupted QUITs are settled by several", interruptedQuitsAreSettledBySeveral},
	{"two sessions find messages again", twoSessionsFindMessagesAgain},
	{"the slower of two finds fewer messages again", theSlowerFindsFewer},
	{"the slower of two has not seen the first", theSlowerHasNotSeenTheFirst},
	{"the slower of two finds what has moved already", theSlowerFindsWhatHasMoved},
	{"another learns meanwhile", anotherLearnsMeanwhile},
	{"a device that is forgotten hides", aDeviceThatIsForgottenHides},
	{"a copy that is remembered", aCopyThatIsRemembered},
	{"complaints are true", complaintsAreTrue},
}

func TestMemory(t *testing.T) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.test(t, place{ledger.Options{Driver: ledger.DriverMemory}, false, nil}) })
	}
}

func TestSQLite(t *testing.T) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.test(t, sqliteAt(t)) })
	}
}

func key(device string) backend.PageKey {
	return backend.PageKey{Account: "alice@example.org", Device: device, Maildrop: "default", Upstream: "mail", Login: "alice", Mailbox: "INBOX"}
}

func opens(t testing.TB, s *ledger.Store, k backend.PageKey) *ledger.Page {
	t.Helper()
	p, err := s.OpenPage(context.Background(), k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closes(t, p) })
	return p
}

func knows(t testing.TB, p *ledger.Page, validity uint32) backend.State {
	t.Helper()
	k, err := p.Known(t.Context(), validity)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// settles is what a session records behind its QUIT.
func settles(t testing.TB, p *ledger.Page, f translate.Facts) {
	t.Helper()
	if err := p.Settle(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// records is what a session records that has logged in.
func records(t testing.TB, p *ledger.Page, f translate.Facts) {
	t.Helper()
	if f.Listing != nil && f.Listing.Revision == 0 {
		l := *f.Listing
		l.Revision = p.Listing().Revision
		f.Listing = &l
	}
	if err := p.Login(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// listing is a mailbox with messages of these UIDs, 1000 octets and their UID long.
func listing(validity uint32, uids ...imap.UID) *translate.Listing {
	l := &translate.Listing{UIDValidity: validity, UIDNext: 1}
	for _, uid := range uids {
		l.Entries = append(l.Entries, translate.Entry{UID: uid, Size: 1000 + int64(uid)})
		l.UIDNext = uid + 1
	}
	return l
}

func upTo(n imap.UID) []imap.UID {
	uids := make([]imap.UID, n)
	for i := range uids {
		uids[i] = imap.UID(i + 1)
	}
	return uids
}

func refusedWith(err error, code string) bool {
	var r *translate.Refusal
	return errors.As(err, &r) && r.Code == code
}

func whatIsRecordedIsKnownAfterwards(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key("scanner"))
	if k := knows(t, p, 7); !k.NewDevice || k.DeviceKnown || k.Hidden != nil || p.Listing().UIDValidity != 0 {
		t.Errorf("an empty ledger knows %+v and lists %+v", k, p.Listing())
	}
	dovecot, uw := translate.Format{}, format(t, "uw")
	l := listing(7, 3, 5, 900)
	l.HighestModSeq = 1 << 40
	l.Entries[0].Flags, l.Entries[1].UniqueID = translate.FlagDeleted, "GmailId12"
	facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: l, Octets: map[imap.UID]int64{5: 1234}}, Hide: imap.UIDSetNum(3, 900), Pins: map[imap.UID]string{3: "old.3", 5: "old.5", 900: "x"}, Formats: []translate.Span{{From: 1, Format: dovecot}, {From: 800, Format: uw}}}
	records(t, p, facts)
	closes(t, p)
	if at.lasts {
		closes(t, s)
		s = at.open(t)
	}
	p = opens(t, s, key("scanner"))
	want := *l
	want.Entries = slices.Clone(l.Entries)
	want.Entries[1].Size = 1234
	if got := p.Listing(); got.UIDValidity != 7 || got.UIDNext != 901 || got.HighestModSeq != 1<<40 || !slices.Equal(got.Entries, want.Entries) {
		t.Errorf("listing %+v, want %+v", got, want)
	}
	k := knows(t, p, 7)
	if k.NewDevice || k.Octets[5] != 1234 || len(k.Octets) != 1 || !maps.Equal(k.UniqueIDs, facts.Pins) {
		t.Errorf("known %+v", k)
	}
	if _, ok := k.Hidden[900]; !ok || len(k.Hidden) != 2 {
		t.Errorf("hidden %v", k.Hidden)
	}
	if len(k.Formats) != 2 || k.Formats[1].From != 800 || k.Formats[1].Format.String() != "uw" {
		t.Errorf("formats %v", k.Formats)
	}
	if k := knows(t, p, 8); k.Octets != nil || k.Hidden != nil || k.UniqueIDs != nil || k.Formats != nil {
		t.Errorf("under another UIDVALIDITY it knows %+v", k)
	}
	other := opens(t, s, key("printer"))
	if k := knows(t, other, 7); !k.NewDevice || len(k.Hidden) > 0 || !maps.Equal(k.UniqueIDs, facts.Pins) {
		t.Errorf("another device knows %+v", k)
	}
}

func format(t testing.TB, name string) translate.Format {
	t.Helper()
	f, err := translate.ParseFormat(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func anUnchangedPollWritesNothing(t *testing.T, at place) {
	s := at.open(t)
	facts := func() translate.Facts {
		return translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(3000)...), Octets: map[imap.UID]int64{9: 5}, Keys: map[imap.UID]translate.ContentKey{1: {1}}}, Hide: imap.UIDSetNum(4), Pins: map[imap.UID]string{1: "a"}, Formats: []translate.Span{{From: 1}}}
	}
	p := opens(t, s, key(""))
	knows(t, p, 7)
	records(t, p, facts())
	closes(t, p)
	before := ledger.Writes(s)
	for _, known := range []bool{true, false} {
		p = opens(t, s, key(""))
		if known {
			knows(t, p, 7)
		}
		records(t, p, facts())
		again := facts()
		again.Listing.Entries = p.Listing().Entries
		records(t, p, again)
		settles(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}})
		closes(t, p)
	}
	if n := ledger.Writes(s) - before; n != 0 {
		t.Errorf("%d transactions wrote", n)
	}
	p = opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Hide: imap.UIDSetNum(5)})
	if n := ledger.Writes(s) - before; n != 1 {
		t.Errorf("news were written by %d transactions", n)
	}
}

func listingsChangeInPieces(t *testing.T, at place) {
	s := at.open(t)
	all := upTo(9000)
	steps := [][]imap.UID{
		all[:10], all[:5000], all[100:5000], all[100:5001], append(slices.Clone(all[:50]), all[4000:]...), all[8999:], all, nil, all[3000:3004],
		{1, 1 << 31, 1<<32 - 2},
	}
	for i, uids := range steps {
		p := opens(t, s, key(""))
		measured := map[imap.UID]int64{}
		if len(uids) > 0 {
			measured[uids[0]] = int64(i)
		}
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, uids...), Octets: measured}})
		closes(t, p)
		ledger.ForgetCache(s)
		p = opens(t, s, key(""))
		got := p.Listing()
		if !slices.EqualFunc(got.Entries, uids, func(e translate.Entry, uid imap.UID) bool { return e.UID == uid }) {
			t.Fatalf("step %d: %d entries, want %d", i, len(got.Entries), len(uids))
		}
		if len(uids) > 0 && got.Entries[0].Size != int64(i) {
			t.Errorf("step %d: measured octets %d", i, got.Entries[0].Size)
		}
		closes(t, p)
	}
}
