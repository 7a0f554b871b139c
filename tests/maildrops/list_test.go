package maildrops_test

func listCases() []testCase {
	return []testCase{
		{name: "messages of all mailboxes, by arrival", run: byArrival},
		{name: "patterns, exclusions and order", run: patterns},
		{name: "what is not there", run: notThere},
	}
}

// shown are the keys of a maildrop over a mailbox, a name and a pattern.
const shown = `mailbox: ["INBOX", "Faxes", "Orders*"]`

func byArrival(a *account) {
	raw := a.put("Orders", "INBOX", "Faxes", "INBOX", "Orders/2024", "Orders")
	b := a.serve(shown)
	same(a.t, "in the order of their arrival", a.texts(b), raw)
	more := a.put("Faxes")
	same(a.t, "with one more", a.texts(b), append(raw, more...))
}

func patterns(a *account) {
	raw := a.put("Orders", "INBOX", "Faxes", "Orders/2024")
	b := a.serve(`mailbox: ["inbox", "Orders", "Orders/%", "Faxes", "Nothing/*"]`, `exclude: ["Fax*"]`, "order: newest")
	same(a.t, "newest first, without the excluded", a.texts(b), []string{raw[3], raw[1], raw[0]})
}

func notThere(a *account) {
	a.put("INBOX")
	b := a.serve(`mailbox: ["INBOX", "Missing"]`)
	b.Refused(a.t, a.login, a.password, "[SYS/PERM]")
}
