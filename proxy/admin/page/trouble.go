package page

import "popbridge/proxy/admin/desk"

// troubleView is what went wrong, in words for a help desk.
type troubleView struct {
	desk.Troubles
	About string // whom was asked for; empty: all
	Known bool   // false: the proxies are being asked
	More  int    // older ones that are not shown
}

func loadTrouble(v *visit) (any, error) {
	t := troubleView{About: v.get("about"), Known: true}
	var err error
	if t.About == "" {
		t.Troubles, t.Known, err = v.cache.troubles.get(v.Context())
	} else {
		t.Troubles, err = v.desk.Troubles(v.Context(), t.About)
	}
	if err != nil {
		return nil, err
	}
	if t.More = len(t.Troubles.Troubles) - perPage; t.More > 0 {
		t.Troubles.Troubles = t.Troubles.Troubles[:perPage]
	}
	return t, nil
}
