package liars_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestListing: what may happen between the login upstream and the maildrop.
func TestListing(t *testing.T) {
	at := func(command string, do liars.Lie) []liars.Rule { return []liars.Rule{liars.Always(command, do)} }
	once := func(command string, do liars.Lie) []liars.Rule { return []liars.Rule{liars.Once(command, do)} }
	const sizes = "RFC822.SIZE"
	unsized := "C: STAT\nS: +OK 4 …\nC: LIST 1\nS: +OK 1 0\nC: UIDL 4\nS: +OK 4 0000001400000007\nC: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>\nS: Subject: message 1\nS:\nS: body of UID 11\nS: ..\nS: the end\nS: ."
	four := "C: STAT\nS: +OK 4 …\nC: UIDL 4\nS: +OK 4 0000001400000007"
	playInModes(t, []fault{
		{name: "SELECT refused", rules: at("SELECT", liars.No("")), login: temp, log: "cannot be selected"},
		{name: "SELECT refused with NOPERM", rules: at("SELECT", liars.No("[NOPERM]")), login: perm, log: "NOPERM"},
		{name: "SELECT refused with NONEXISTENT", rules: at("SELECT", liars.No("[NONEXISTENT]")), login: perm, log: "NONEXISTENT"},
		{name: "SELECT refused with INUSE", rules: at("SELECT", liars.No("[INUSE]")), login: temp, log: "INUSE"},
		{name: "SELECT called wrong", rules: at("SELECT", liars.Bad()), login: temp, log: "BAD"},
		{name: "BYE at SELECT", rules: at("SELECT", liars.Bye()), login: temp, log: "BYE"},
		{name: "BYE at the first SELECT", rules: once("SELECT", liars.Bye()), then: four},
		{name: "dies in the answer to SELECT", rules: at("SELECT", liars.CutAt(40)), login: temp},
		{name: "dies once in the answer to SELECT", rules: once("SELECT", liars.CutAt(40)), then: four},
		{name: "silent at SELECT", actor: actor{timeout: "2s"}, rules: at("SELECT", liars.Stall("")), login: temp, log: "no octet"},
		{name: "SELECT without EXISTS", rules: at("SELECT", liars.Swap("* 5 EXISTS\r\n", "")), login: temp, log: "without EXISTS"},
		{name: "SELECT without UIDVALIDITY", rules: at("SELECT", liars.Swap("* OK [UIDVALIDITY 7] ok\r\n", "")), login: perm, log: "no UIDVALIDITY"},
		{name: "UIDVALIDITY 0", rules: at("SELECT", liars.Swap("UIDVALIDITY 7", "UIDVALIDITY 0")), login: perm, log: "no UIDVALIDITY"},
		{name: "UIDVALIDITY is no number", rules: at("SELECT", liars.Swap("UIDVALIDITY 7", "UIDVALIDITY x")), login: temp},
		{name: "UIDVALIDITY beyond 32 bits", rules: at("SELECT", liars.Swap("UIDVALIDITY 7", "UIDVALIDITY 4294967303")), login: temp},
		{name: "EXISTS beyond 32 bits", rules: at("SELECT", liars.Swap("* 5 EXISTS", "* 4294967301 EXISTS")), login: temp},
		{name: "no UIDNEXT", rules: at("SELECT", liars.Swap("* OK [UIDNEXT 21] ok\r\n", "")), then: four},
		{name: "no UIDNEXT the second time", before: true, rules: at("SELECT", liars.Swap("* OK [UIDNEXT 21] ok\r\n", "")), then: four},
		{name: "UIDNEXT falls", before: true, rules: at("SELECT", liars.Swap("UIDNEXT 21", "UIDNEXT 15")), then: four, log: "false_uidnext=15"},
		{name: "UIDNEXT is 1", rules: at("SELECT", liars.Swap("UIDNEXT 21", "UIDNEXT 1")), then: four, log: "false_uidnext=1"},
		{name: "UIDNEXT is that of the last message", rules: at("SELECT", liars.Swap("UIDNEXT 21", "UIDNEXT 20")), then: four, log: "false_uidnext=20"},
		{name: "EXISTS promises more than there is", before: true, rules: at("SELECT", liars.Swap("* 5 EXISTS", "* 6 EXISTS")), then: four, log: "unnamed=1"},
		{name: "EXISTS promises less than there is", before: true, rules: at("SELECT", liars.Swap("* 5 EXISTS", "* 4 EXISTS")), then: four},
		{name: "READ-ONLY", rules: at("SELECT", liars.Swap("READ-WRITE", "READ-ONLY")), login: perm, log: "read-only"},
		{name: "PERMANENTFLAGS lacks Deleted", rules: at("SELECT", liars.Swap(`\Deleted \Seen \Draft \*)] ok`, `\Seen)] ok`)), login: perm, log: "PERMANENTFLAGS"},

		{name: "listing refused", rules: at(sizes, liars.No("")), login: temp, log: "listing the mailbox"},
		{name: "listing refused with NOPERM", rules: at(sizes, liars.No("[NOPERM]")), login: perm, log: "NOPERM"},
		{name: "BYE in the listing", rules: at(sizes, liars.Before("* BYE "+liars.Words+"\r\n")), login: temp, log: "BYE"},
		{name: "dies in the first row of the listing", rules: at(sizes, liars.CutAt(40)), login: temp},
		{name: "dies in the third row of each listing", rules: at(sizes, liars.CutAt(100)), then: four},
		{name: "dies once in the listing", rules: once(sizes, liars.CutAt(100)), then: four},
		{name: "dies behind the listing, before the OK", rules: once(sizes, liars.CutAt(-10)), then: four},
		{name: "listing refused behind its data", rules: at(sizes, liars.Edit(func(a string) string { return strings.Replace(a, " OK done", " NO [SERVERBUG] "+liars.Words, 1) })), then: four, log: "SERVERBUG"},
		{name: "OK without a listing", rules: at(sizes, liars.Say("{tag} OK done\r\n")), login: temp, log: "listed none"},
		{name: "all expunged within the listing", rules: at(sizes, liars.Say(strings.Repeat("* 1 EXPUNGE\r\n", 5)+"{tag} OK done\r\n")), then: "C: STAT\nS: +OK 0 0"},
		{name: "listing out of order", rules: at(sizes, liars.Edit(backwards)), then: four},
		{name: "every message listed twice", rules: at(sizes, liars.Edit(func(a string) string {
			lines, tagged := a[:strings.LastIndex(a[:len(a)-2], "\n")+1], a[strings.LastIndex(a[:len(a)-2], "\n")+1:]
			return lines + lines + tagged
		})), then: four},
		{name: "wrong sequence numbers", rules: at(sizes, liars.Edit(func(a string) string { return strings.ReplaceAll(a, "* 1 FETCH", "* 3 FETCH") })), then: four},
		{name: "UID 0", rules: at(sizes, liars.Swap("UID 11", "UID 0")), then: unsized, log: "without_size=11"},
		{name: "UID beyond 32 bits", rules: at(sizes, liars.Swap("UID 11", "UID 4294967307")), then: unsized, log: "without_size=11"},
		{name: "UID is no number", rules: at(sizes, liars.Swap("UID 11", "UID NIL")), then: unsized, log: "without_size=11"},
		{name: "a row without UID", rules: at(sizes, liars.Swap("UID 11 ", "")), then: unsized, log: "without_size=11"},
		{name: "negative size", rules: at(sizes, liars.Swap("RFC822.SIZE ", "RFC822.SIZE -")), then: unsized, log: "without_size=11"},
		{name: "a size in floating point", rules: at(sizes, liars.Swap("RFC822.SIZE 75", "RFC822.SIZE 9.3e+06")), then: unsized, log: "without_size=11"},
		{name: "size beyond 64 bits", rules: at(sizes, liars.Swap("RFC822.SIZE ", "RFC822.SIZE 99999999999999999999")), then: unsized, log: "without_size=11"},
		{name: "a row without size", rules: at(sizes, liars.Swap(" RFC822.SIZE 75", "")), then: unsized, log: "without_size=11"},
		{name: "a row without size, of what somebody has struck out", rules: at(sizes, torn(17, " RFC822.SIZE 75")), then: four},
		{name: "a row without size whatever is asked, of what somebody has struck out", rules: at("UID FETCH", torn(17, " RFC822.SIZE 75")), then: four},
		{name: "a row without flags, of what somebody has struck out", rules: at(sizes, torn(17, ` FLAGS (\Deleted)`)), then: four},
		{name: "a row without flags whatever is asked, of what somebody has struck out", rules: at("UID FETCH", torn(17, ` FLAGS (\Deleted)`)), then: four, log: "left_out=17"},
		{name: "a row without flags", rules: at("UID FETCH", torn(12, " FLAGS ()")), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007", log: "left_out=12"},
		{name: "no row has a size", rules: at(sizes, liars.Edit(func(a string) string { return strings.ReplaceAll(a, " RFC822.SIZE ", " X-SIZE ") })), then: "C: STAT\nS: +OK 4 0"},
		{name: "FLAGS NIL", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS NIL")), then: four},
		{name: "a row left out once", rules: once(sizes, liars.Edit(without(12, 14))), then: four},
		{name: "rows left out always", rules: at(sizes, liars.Edit(without(12, 14))), then: "C: STAT\nS: +OK 4 …\nC: LIST 2\nS: +OK 2 0\nC: UIDL 4\nS: +OK 4 0000001400000007", log: "without_size="},
		{name: "a row left out whatever is asked", rules: at("UID FETCH", liars.Edit(without(12))), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007", log: "left_out=12"},
		{name: "left out, and SEARCH does not name it", rules: append(at("UID FETCH", liars.Edit(without(12))), liars.Always("SEARCH", liars.Swap(" 12 ", " "))), then: "C: STAT\nS: +OK 3 …", log: "unnamed=1"},
		{name: "left out, and SEARCH is refused", rules: append(at("UID FETCH", liars.Edit(without(12))), liars.Always("SEARCH", liars.No(""))), then: "C: STAT\nS: +OK 3 …", log: "unnamed=1"},
		{name: "left out, and SEARCH names ten million", rules: append(at("UID FETCH", liars.Edit(without(12))), liars.Always("SEARCH", liars.Swap(" 12 ", " 1 2 3 4 5 6 7 8 9 "))), then: "C: STAT\nS: +OK 3 …", log: "unnamed=1"},
		{name: "left out at the second login", before: true, rules: []liars.Rule{liars.Always("UID FETCH", liars.Edit(without(12))), liars.Always("SELECT", liars.Swap("* OK [UIDNEXT 21] ok\r\n", ""))}, then: four},
		{name: "all left out at the second login", before: true, rules: []liars.Rule{liars.Always("UID FETCH", liars.Say("{tag} OK done\r\n")), liars.Always("SELECT", liars.Swap("* OK [UIDNEXT 21] ok\r\n", ""))}, then: four},
		{name: "EXISTS is 0 at the second login", before: true, rules: at("SELECT", liars.Swap("* 5 EXISTS", "* 0 EXISTS")), then: four},
		{name: "SEARCH refused at the second login", before: true, rules: at("SEARCH", liars.No("")), then: four},
		{name: "SEARCH refused with CANNOT at the second login", before: true, rules: at("SEARCH", liars.No("[CANNOT]")), then: four},
		{name: "SEARCH called wrong at the second login", before: true, rules: at("SEARCH", liars.Bad()), then: four},
		{name: "SEARCH and its flags refused at the second login", before: true, rules: append(at("SEARCH", liars.No("")), at("(UID FLAGS)", liars.No(""))...), login: temp, log: "listing the mailbox"},
		{name: "RETURN of SEARCH called wrong at the second login", before: true, o: liars.Options{Caps: []string{"UIDPLUS", "ESEARCH"}}, rules: at("SEARCH RETURN", liars.Bad()), then: four, log: "it refuses ESEARCH"},
		{name: "CONDSTORE called wrong, which QRESYNC implies", o: liars.Options{Caps: []string{"UIDPLUS", "QRESYNC"}}, rules: at("CONDSTORE", liars.Bad()), then: four, log: "it refuses CONDSTORE"},
		{name: "NAMESPACE called wrong, which IMAP4rev2 implies", o: liars.Options{Caps: []string{"UIDPLUS", "IMAP4rev2"}}, rules: at("NAMESPACE", liars.Bad()), then: four, log: "it refuses NAMESPACE"},
		{name: "one message refuses the listing", rules: at(sizes, refuses(12)), then: "C: STAT\nS: +OK 4 …\nC: LIST 2\nS: +OK 2 0\nC: UIDL 4\nS: +OK 4 0000001400000007", log: "without_size=12"},
		{name: "one message is called wrong in the listing", rules: at(sizes, func(x *liars.Exchange) { refusesWith(12, "{tag} BAD "+liars.Words+"\r\n")(x) }), then: "C: STAT\nS: +OK 4 …\nC: LIST 2\nS: +OK 2 0", log: "without_size=12"},
		{name: "the listing comes up to the broken message", rules: at(sizes, refusesWith(14, "")), then: "C: STAT\nS: +OK 4 …\nC: LIST 3\nS: +OK 3 0\nC: UIDL 4\nS: +OK 4 0000001400000007", log: "without_size=14"},
		{name: "one message refuses whatever is asked of it", rules: at("UID FETCH", refuses(12)), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007", log: "left_out=12"},
		{name: "brackets do not match", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS (((((")), then: unsized, log: "without_size=11"},
		{name: "a row that ends before its time", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS ()\r\n")), then: unsized, log: "without_size=11"},
		{name: "a row broken before its end", rules: at(sizes, liars.Swap("RFC822.SIZE 75)", "RFC822.SIZE 75\r\n)")), then: unsized, log: "without_size=11"},
		{name: "a row broken between attribute and value", rules: at(sizes, liars.Swap("RFC822.SIZE 75", "RFC822.SIZE\r\n75")), then: unsized, log: "without_size=11"},
		{name: "a row broken within its flags, by LF alone", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS (\n)")), then: unsized, log: "without_size=11"},
		{name: "a row broken before what looks like the end", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS ()\r\nA0 OK done")), then: unsized, log: "without_size=11"},
		{name: "a row broken before what looks like a refusal", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS ()\r\n{tag}0 NO [SERVERBUG] "+liars.Words)), then: unsized, log: "without_size=11"},
		{name: "a row broken whatever is asked", rules: at("UID FETCH", liars.Edit(func(a string) string { return strings.Replace(a, "(UID 12 ", "(UID 12\r\n", 1) })), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007", log: "left_out=12"},
		{name: "a row with no parentheses", rules: at(sizes, liars.Swap("FETCH (UID 11", "FETCH UID 11")), then: unsized, log: "without_size=11"},
		{name: "a row with two UIDs", rules: at(sizes, liars.Swap("UID 11", "UID 11 UID 12")), then: unsized, log: "without_size=11"},
		{name: "a row with a quote that does not end", rules: at(sizes, liars.Swap("FLAGS ()", `FLAGS () X-NAME ("a`)), then: unsized, log: "without_size=11"},
		{name: "a row with words behind it", rules: at(sizes, liars.Swap("RFC822.SIZE 75)", "RFC822.SIZE 75) "+liars.Words)), then: unsized, log: "without_size=11"},
		{name: "brackets do not match whatever is asked", rules: at("UID FETCH", torn(12, "FLAGS (")), then: "C: STAT\nS: +OK 3 …\nC: UIDL 3\nS: +OK 3 0000001400000007", log: "left_out=12"},
		{name: "a flag with a bracket", rules: at(sizes, liars.Swap("FLAGS ()", "FLAGS ($a[0] b])")), then: four},
		{name: "news within the listing", rules: at(sizes, liars.Swap("* 2 FETCH", "* 9 EXISTS\r\n* 3 FETCH (FLAGS (\\Seen))\r\n* OK [HIGHESTMODSEQ 4] x\r\n* 2 FETCH")), then: four},
		{name: "unknown responses within the listing", rules: at(sizes, liars.Swap("* 2 FETCH", "* X-FANCY (a {3}\r\nb)c \"d\")\r\n* 2 FETCH")), then: four},
		{name: "flood within the listing", rules: at(sizes, liars.Flood("* OK "+liars.Words+"\r\n")), login: temp, log: "untagged responses"},
		{name: "an endless line within the listing", rules: at(sizes, liars.Flood("* 1 FETCH (FLAGS (a"+liars.Words)), login: temp},
		{name: "a bomb of a literal within the listing", rules: at(sizes, liars.Say("* 1 FETCH (UID 11 X-THING {4000000000}\r\n")), login: temp},
		{name: "nested a thousand times", rules: at(sizes, liars.Say("* 1 FETCH (UID 11 X-THING "+strings.Repeat("(", 1000)+"\r\n")), login: temp},
		{name: "slow listing", rules: at(sizes, liars.Drip()), then: four},

		{name: "NAMESPACE refused", rules: at("NAMESPACE", liars.No("")), then: four, log: "it refuses NAMESPACE"},
		{name: "NAMESPACE called wrong", rules: at("NAMESPACE", liars.Bad()), then: four, log: "it refuses NAMESPACE"},
		{name: "NAMESPACE cannot be had now", rules: at("NAMESPACE", liars.No("[UNAVAILABLE]")), then: four, log: "refuses for now"},
		{name: "LIST refused", rules: at("LIST", liars.No("")), login: temp, log: "listing mailboxes"},
		{name: "BYE at LIST", rules: at("LIST", liars.Bye()), login: temp, log: "BYE"},
		{name: "LIST without an answer", rules: at("LIST", liars.Say("{tag} OK done\r\n")), then: four},
	})
}

// TestShortListingIsAskedAgain: what fell short of what the server counts is not
// taken from a parked connection, which has no news of it.
func TestShortListingIsAskedAgain(t *testing.T) {
	a := &actor{server: liars.New(t, liars.Options{}), reuse: "5m"}
	s := newStage(t, []*actor{a})
	a.server.Lie(liars.Always("UID FETCH", liars.Edit(without(12))), liars.Always("SEARCH", liars.Swap(" 12 ", " ")))
	d := s.login(t, a)
	d.Play("C: STAT\nS: +OK 3 …")
	d.Quit()
	a.server.Lie()
	d = s.login(t, a)
	d.Play("C: STAT\nS: +OK 4 …")
	d.Quit()
}

// backwards turns the lines of a listing around.
func backwards(answer string) string {
	lines := strings.SplitAfter(strings.TrimSuffix(answer, "\r\n"), "\r\n")
	last := len(lines) - 1
	var b strings.Builder
	for i := last - 1; i >= 0; i-- {
		b.WriteString(lines[i])
	}
	return b.String() + lines[last] + "\r\n"
}

// without leaves messages out of an answer to FETCH.
func without(uids ...int) func(string) string {
	return func(answer string) string {
		var b strings.Builder
		for line := range strings.Lines(answer) {
			if !slices.ContainsFunc(uids, func(uid int) bool { return strings.Contains(line, fmt.Sprintf("(UID %d ", uid)) }) {
				b.WriteString(line)
			}
		}
		return b.String()
	}
}

// torn takes something out of what is said of a message.
func torn(uid int, what string) liars.Lie {
	return liars.Edit(func(answer string) string {
		var b strings.Builder
		for line := range strings.Lines(answer) {
			if strings.Contains(line, fmt.Sprintf("(UID %d ", uid)) {
				line = strings.Replace(line, what, "", 1)
			}
			b.WriteString(line)
		}
		return b.String()
	})
}

// refuses says NO to each command that means a message.
func refuses(uid int) liars.Lie { return refusesWith(uid, "{tag} NO [SERVERBUG] "+liars.Words+"\r\n") }

// refusesWith says something else; nothing stands for what comes before the
// message, and NO.
func refusesWith(uid int, answer string) liars.Lie {
	return func(x *liars.Exchange) {
		honest := x.Carry()
		before, _, means := strings.Cut(honest, fmt.Sprintf("(UID %d ", uid))
		switch {
		case !means:
			x.Send(honest)
		case answer == "":
			x.Send(before[:strings.LastIndex(before, "* ")] + "{tag} NO [UNAVAILABLE] " + liars.Words + "\r\n")
		default:
			x.Send(answer)
		}
	}
}
