package api

import (
	"cmp"
	"slices"
	"strconv"

	"popbridge/proxy/admin/desk"
)

func accountReadings() []endpoint {
	return []endpoint{
		{
			method: "GET", path: "/accounts", id: "listAccounts", summary: "The accounts that have logged in, by name",
			query:  []parameter{{"search", "Only those whose names begin so.", false}, limitParameter, {"after", "Go on behind this name: the next of the answer before.", false}},
			answer: Accounts{}, do: listAccounts,
		},
		{
			method: "GET", path: "/accounts/{account}", id: "showAccount", summary: "Explain an account: routes, policy, devices, what is remembered",
			answer: desk.Account{}, do: func(c *call) (any, error) { return c.desk.Account(c.Context(), c.PathValue("account")) },
		},
		{
			method: "GET", path: "/accounts/{account}/devices", id: "listDevices", summary: "The devices of an account, those added and those that have logged in",
			answer: Devices{}, do: func(c *call) (any, error) {
				list, err := c.desk.Devices(c.Context(), c.PathValue("account"))
				return Devices{list}, err
			},
		},
		{
			method: "GET", path: "/accounts/{account}/message", id: "explainMessage", summary: "Why a device does not see a message: which devices have deleted it and what became of it, and what else may keep it from them",
			query:  []parameter{{"id", "Its Message-ID, with or without its brackets, or its unique-id.", false}},
			answer: desk.Message{}, do: func(c *call) (any, error) {
				return c.desk.Message(c.Context(), c.PathValue("account"), c.query.Get("id"))
			},
		},
		{
			method: "GET", path: "/accounts/{account}/deletions", id: "listDeletions", summary: "What devices have deleted, the newest last",
			query: []parameter{
				sinceParameter, {"message", "Only the message with this Message-ID.", false}, {"device", "Only what this device has deleted; empty for logins that name none.", false},
				limitParameter, {"before", "Only lines that were written before this one: the next of the answer before.", true},
			},
			answer: Deletions{}, do: listDeletions,
		},
	}
}

// Accounts is a part of a list of accounts.
type Accounts struct {
	Accounts []desk.ListedAccount `json:"accounts"`
	Next     string               `json:"next,omitempty"` // after, for what follows
}

func listAccounts(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	page, err := c.desk.Accounts(c.Context(), desk.AccountQuery{Prefix: c.query.Get("search"), After: c.query.Get("after"), Limit: limit})
	a := Accounts{Accounts: page.Accounts}
	if page.More {
		a.Next = page.Accounts[len(page.Accounts)-1].Name
	}
	return a, err
}

// Devices is a list of devices.
type Devices struct {
	Devices []desk.Device `json:"devices"`
}

// Deletions is a part of a journal.
type Deletions struct {
	Deletions []desk.Deletion `json:"deletions"`
	Next      string          `json:"next,omitempty"` // before, for what is older
}

func listDeletions(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	q := desk.DeletionQuery{MessageID: c.query.Get("message"), Last: limit + 1}
	if q.Before, err = c.number("before", 0); err != nil {
		return nil, err
	}
	if q.Since, err = since(c.query.Get("since")); err != nil {
		return nil, err
	}
	if c.query.Has("device") {
		device := c.query.Get("device")
		q.Device = &device
	}
	list, err := c.desk.Deletions(c.Context(), c.PathValue("account"), q)
	d := Deletions{Deletions: list}
	byLine := func(a, b desk.Deletion) int { return cmp.Compare(a.Line, b.Line) }
	if len(list) > limit {
		first := slices.MinFunc(list, byLine).Line // one more than was asked for
		d.Deletions = slices.DeleteFunc(list, func(one desk.Deletion) bool { return one.Line == first })
		d.Next = strconv.FormatInt(slices.MinFunc(d.Deletions, byLine).Line, 10)
	}
	return d, err
}
