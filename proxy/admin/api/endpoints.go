package api

import (
	"slices"
	"strconv"

	"popbridge/proxy/admin/desk"
)

// endpoint is one thing that a program may ask or change.
type endpoint struct {
	method, path string
	id, summary  string
	query        []parameter
	answer       any // a value of what is given; nil: nothing
	do           func(*call) (any, error)

	write  bool
	act    string // as commands call it
	slow   bool   // a mail server has to be asked
	body   func() any
	change func(c *call, body any) (any, error)
}

// parameter is one of a query.
type parameter struct {
	name, meaning string
	number        bool
}

var (
	limitParameter = parameter{"limit", "How many entries at most, 1 to 1000; 100 where it is not given.", true}
	sinceParameter = parameter{"since", `Only from then on: a time such as 2026-02-02T14:00:00Z, or how long ago, such as 2h or 7d.`, false}
)

// endpoints are all there are.
func endpoints() []endpoint {
	return slices.Concat(readings(), accountReadings(), changes())
}

func readings() []endpoint {
	return []endpoint{
		{
			method: "GET", path: "/overview", id: "overview", summary: "How this service is",
			answer: desk.Overview{}, do: func(c *call) (any, error) { return c.desk.Overview(c.Context()) },
		},
		{
			method: "GET", path: "/sessions", id: "listSessions", summary: "Who is logged in, on every popbridge that shares the ledger, the longest session first",
			query:  []parameter{{"account", "Only the sessions of this account.", false}, limitParameter, {"after", "Go on behind so many sessions: the next of the answer before.", true}},
			answer: Sessions{}, do: listSessions,
		},
		{
			method: "GET", path: "/upstreams", id: "listUpstreams", summary: "The servers that hold the mail, as this service has found them",
			answer: Upstreams{}, do: func(c *call) (any, error) {
				list, err := c.desk.Upstreams(c.Context())
				return Upstreams{list}, err
			},
		},
		{
			method: "GET", path: "/migration", id: "migrationStatus", summary: "How far accounts have left an old server",
			answer: desk.Migration{}, do: func(c *call) (any, error) { return c.desk.Migration(c.Context()) },
		},
		{
			method: "GET", path: "/configuration", id: "configuration", summary: "What is in force and who has set it, without secrets, and the mistakes of what a reload has refused",
			answer: desk.Configuration{}, do: func(c *call) (any, error) { return c.desk.Configuration(c.Context()) },
		},
		{
			method: "GET", path: "/trouble", id: "listTrouble", summary: "What went wrong lately, the newest first: refused logins and QUITs that were not confirmed",
			query:  []parameter{{"about", "Only of this account, or from this address.", false}},
			answer: desk.Troubles{}, do: func(c *call) (any, error) { return c.desk.Troubles(c.Context(), c.query.Get("about")) },
		},
	}
}

// Sessions is a part of who is logged in.
type Sessions struct {
	desk.Roll
	Total int    `json:"total"`
	Next  string `json:"next,omitempty"` // after, for what follows
}

func listSessions(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	after, err := c.number("after", 0)
	if err != nil {
		return nil, err
	}
	r, err := c.desk.Sessions(c.Context(), c.query.Get("account"))
	if err != nil {
		return nil, err
	}
	s := Sessions{Roll: r, Total: len(r.Sessions)}
	from := min(int(after), s.Total)
	to := min(from+limit, s.Total)
	if s.Sessions = r.Sessions[from:to]; to < s.Total {
		s.Next = strconv.Itoa(to)
	}
	return s, nil
}

// Upstreams is a list of them.
type Upstreams struct {
	Upstreams []desk.Upstream `json:"upstreams"`
}
