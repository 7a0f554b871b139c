package page

import "popbridge/proxy/admin/desk"

// perPage is how many entries of a list are shown at once.
const perPage = 50

// sessionsView is a part of who is logged in.
type sessionsView struct {
	desk.Roll
	Account             string // that was asked for
	Known               bool   // false: the proxies are being asked
	Total               int
	From, To, Next, Was int // From is the first of this part, counted from 1; Next and Was begin others, -1: none
}

func loadSessions(v *visit) (any, error) {
	s := sessionsView{Account: v.get("account"), Known: true, Next: -1, Was: -1}
	var err error
	if s.Account == "" {
		s.Roll, s.Known, err = v.cache.sessions.get(v.Context())
	} else {
		s.Roll, err = v.desk.Sessions(v.Context(), s.Account)
	}
	if err != nil {
		return nil, err
	}
	s.Total = len(s.Sessions)
	begin := min(int(v.number("from")), s.Total)
	end := min(begin+perPage, s.Total)
	s.Sessions = s.Sessions[begin:end]
	s.From, s.To = min(begin+1, s.Total), end
	if end < s.Total {
		s.Next = end
	}
	if begin > 0 {
		s.Was = max(0, begin-perPage)
	}
	return s, nil
}

func kick(v *visit) (notice, error) {
	k, err := v.desk.Kick(v.Context(), v.PostFormValue("account"), v.PostFormValue("device"))
	if err != nil {
		return notice{}, err
	}
	return notice{Text: sentence(k.Words())}, nil
}
