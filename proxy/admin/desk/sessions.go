package desk

import (
	"fmt"
	"strings"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Session is a session, with the popbridge that has it.
type Session struct {
	backend.SessionInfo
	Proxy string `json:"proxy"`
}

// Roll is who is logged in, the longest session first.
type Roll struct {
	Proxies  []string  `json:"proxies"` // that have answered
	Silent   []string  `json:"silent"`  // that have not, and seem to be running
	Sessions []Session `json:"sessions"`
}

// Kicked is whose sessions end.
type Kicked struct {
	Account  string   `json:"kicked"`
	Device   string   `json:"device"`
	Sessions int      `json:"sessions"`
	Silent   []string `json:"silent"`  // proxies that have not said who is logged in there
	Proxies  []string `json:"proxies"` // those that have
}

// Disabled is an account that nobody may log in to.
type Disabled struct {
	Account  string   `json:"disabled"`
	Reason   string   `json:"reason"`
	Before   bool     `json:"before"`   // it was disabled already
	Unseen   bool     `json:"unseen"`   // nobody has logged in to it yet
	Sessions int      `json:"sessions"` // that end
	Silent   []string `json:"silent"`   // proxies that have not said who is logged in there
}

// Words say what became of it.
func (d Disabled) Words() string {
	if d.Before {
		return d.Account + " was disabled already"
	}
	text := fmt.Sprintf("%s is disabled: logins are refused like a wrong password, and %s ended within about a second", d.Account, translate.Count(d.Sessions, "session"))
	if d.Unseen {
		text += "; nobody has logged in to it yet: see whether the name is right"
	}
	if len(d.Silent) > 0 {
		text += "; no answer from " + strings.Join(d.Silent, ", ") + ", whose sessions end too when it answers again"
	}
	return text
}

// Enabled is an account that was disabled.
type Enabled struct {
	Account string `json:"enabled"`
}

// Words say whose sessions end.
func (k Kicked) Words() string {
	whose := k.Account
	if k.Device != "" {
		whose = "device " + k.Device + " of " + k.Account
	}
	text := fmt.Sprintf("%s of %s: ended within about a second", translate.Count(k.Sessions, "session"), whose)
	switch {
	case len(k.Proxies) == 0 && len(k.Silent) == 0:
		return "no popbridge is running with this ledger, so nobody was logged in as " + whose
	case k.Sessions == 0:
		text = "nobody was logged in as " + whose
	}
	if len(k.Silent) > 0 {
		text += "; no answer from " + strings.Join(k.Silent, ", ") + ", whose sessions end too when it answers again"
	}
	return text
}
