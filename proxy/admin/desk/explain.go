package desk

import (
	"fmt"
	"strings"
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// explanation is what a cause means to a help desk, and what helps.
type explanation struct {
	has    []string // the cause holds all of these; none: any cause
	words  string
	advice string
}

// A cause is looked for from the top; what is found first counts. In the texts {server}
// is the upstream and {since} since when it is so.
var (
	wrongLogin = []explanation{
		{[]string{"has disabled the account"}, "an operator has disabled the account, so every login is refused like a wrong password", "see the reason at the account, and enable it if that is over"},
		{[]string{"routes matches it"}, "no route takes this login, so it is refused like a wrong password", "compare the name with the account's, it may be mistyped; else see whether a route is for this account, device, listener and network"},
		{[]string{"refuses it"}, "a route refuses this login, like a wrong password", "see the account's routes"},
		{[]string{"login.devices"}, "the device's name is not on the list of those that may log in", "add the device, or correct its name in the device's settings"},
		{[]string{"the password is empty"}, "the device sends no password", "type the password into the device's settings"},
		{[]string{"revoked"}, "the device's password was revoked", "make a new device password, and type it into the device"},
		{[]string{"was refused a while ago"}, "the device still sends a password that was refused, and is not asked about again for a while", "type the right password into the device's settings"},
		{[]string{"no device password"}, "the password is none of the account's device passwords", "type the device's own password, or make a new one: it is shown once"},
		{[]string{"takes device passwords alone"}, "the route takes device passwords alone, and the device brought something else", "make a device password, and type it into the device"},
		{[]string{"certificate"}, "the device's certificate is not good for this account", "give the device a certificate that names the account, or a password"},
		{[]string{"SCRAM dialogue"}, "the device broke its login off", "it may be set to a kind of login that it does not know well; try a plain password over TLS"},
		{[]string{"holds NUL, CR or LF"}, "the password holds what no password can", "type the password into the device's settings again"},
		{[]string{"login name"}, "the login name is none", "type the account's name into the device's settings again"},
		{nil, "{server} says that the password is wrong, or does not know the account", "type the account's password into the device again; if it was changed lately, every device needs the new one"},
	}
	ours = []explanation{
		{[]string{"popbridge account authorize"}, "the account's owner has not agreed that popbridge may read the mail, or has taken it back {since}", "have the owner agree: popbridge account authorize"},
		{[]string{"master user"}, "the device's password may be right, but {server} refuses popbridge's own master user {since}", "an administrator has to look at the master user of that upstream: no device can mend this"},
		{[]string{"token"}, "the device's password may be right, but {server} refuses the access token that popbridge brings {since}", "an administrator has to look at the client's rights at the provider"},
		{[]string{"certificate"}, "{server} shows a certificate that popbridge does not trust {since}", "an administrator has to renew the server's certificate, or name its authority in ca_file"},
		{[]string{"STARTTLS"}, "{server} does not offer the TLS that popbridge is told to use {since}", "an administrator has to correct the upstream's tls"},
		{nil, "popbridge or {server} is not set up as it has to be {since}", "an administrator has to mend it; the cause says what"},
	}
	passing = []explanation{
		{[]string{"ledger: "}, "popbridge's own ledger does not work {since}", "an administrator looks at the disk or the database; mail is not touched meanwhile"},
		{[]string{"audit trail"}, "the audit trail cannot be written, and nothing is done without it {since}", "an administrator makes room where audit.path is"},
		{[]string{"holds the account"}, "the account is being moved to another server, and logins wait meanwhile", "nothing is to be done: the device tries again by itself"},
		{[]string{"new UIDVALIDITY"}, "the mailbox was rebuilt or came back empty, and is held back so that devices do not download everything again {since}", "see the account; restore the mailbox, or let devices have new unique-ids with popbridge account accept-new-ids"},
		{[]string{"max_connections"}, "all connections that popbridge may have to {server} are in use", "the device tries again by itself; raise max_connections if the server allows it"},
		{[]string{"cannot be reached"}, "{server} cannot be reached {since}", "the device tries again by itself; an administrator looks at the server and the network"},
		{[]string{"did not greet"}, "{server} takes connections and says nothing {since}", "the device tries again by itself; an administrator looks at the server"},
		{nil, "{server} has trouble that may pass {since}", "the device tries again by itself; the cause says what it was"},
	}
	limits = map[string]explanation{
		"address": {words: "too many logins have failed from this address, so that none is tried for a while", advice: "find the device there that still has an old password; the others are let in again when limits.failure_window is over"},
		"account": {words: "too many logins have failed for this account, so that others are not tried for a while", advice: "find the device that still has an old password; one that has logged in before is let in all the same"},
	}
)

// Explain says what trouble means, and what to do.
func Explain(t backend.Trouble) (words, advice string) {
	e := explanationOf(t)
	server := "the mail server"
	if t.Upstream != "" {
		server += " " + t.Upstream
	}
	since := ""
	if t.Times > 1 {
		since = "since " + t.First.Local().Format("15:04")
		if t.Last.Sub(t.First) > 20*time.Hour {
			since = "since " + t.First.Local().Format("2 January 15:04")
		}
	}
	words = strings.NewReplacer("{server}", server, " {since}", orNothing(since)).Replace(e.words)
	if t.Kind == backend.TroubleQUIT {
		words = "deleted messages were not confirmed, so the device heard -ERR to its QUIT and may delete them again: " + words
	}
	return words, e.advice
}

func orNothing(since string) string {
	if since == "" {
		return ""
	}
	return " " + since
}

func explanationOf(t backend.Trouble) explanation {
	if e, limited := limits[t.Limit]; limited {
		return e
	}
	among := passing
	switch t.Code {
	case translate.CodeAuth:
		among = wrongLogin
	case translate.CodeSysPerm:
		among = ours
	case translate.CodeInUse:
		return explanation{words: "another session holds the mailbox", advice: "wait until the other device has ended, or until it has been silent for lock_takeover; with lock = \"device\" devices with names of their own do not wait for each other"}
	case "":
		if t.Kind == backend.TroubleQUIT {
			return explanation{words: fmt.Sprintf("a rule or the server has kept them: %s", t.Cause), advice: "see delete_guard, and what the cause says"}
		}
	}
	for _, e := range among {
		all := true
		for _, part := range e.has {
			all = all && strings.Contains(t.Cause, part)
		}
		if all {
			return e
		}
	}
	return explanation{}
}
