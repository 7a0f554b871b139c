package desk

import (
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// ListedAccount is an account in a list.
type ListedAccount struct {
	Name      string    `json:"account"`
	Maildrops []string  `json:"maildrops"`
	Devices   int       `json:"devices"`
	LastLogin time.Time `json:"last_login,omitzero"`
	// Frozen is why logins are refused since the mailbox has another identity.
	Frozen translate.Freeze `json:"frozen,omitempty"`
	// Disabled is since when an operator lets nobody log in; zero where they may.
	Disabled time.Time `json:"disabled_since,omitzero"`
}

// AccountPage is a part of a list.
type AccountPage struct {
	Accounts []ListedAccount
	More     bool // there are others behind the last one
}

// Account is all that can be said of one.
type Account struct {
	Account   string     `json:"account"`
	Disabled  time.Time  `json:"disabled_since,omitzero"` // zero: it is not
	Reason    string     `json:"disabled_reason,omitempty"`
	Move      *Move      `json:"move,omitempty"` // stronger than routes; nil: it was never moved
	Routes    []Route    `json:"routes"`
	Maildrops []Maildrop `json:"maildrops"`
	Devices   []Device   `json:"devices"`
	Deletions []Deletion `json:"last_deletions"`
	// Consents are upstreams that want the owner's consent, given in a browser.
	Consents []string `json:"consents,omitempty"`
}

// Move is an account that was moved to another upstream.
type Move struct {
	Account  string    `json:"account"`
	Upstream string    `json:"upstream,omitempty"`
	Origin   string    `json:"origin,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Pending  bool      `json:"pending,omitempty"` // the command after the move has not ended
	Held     bool      `json:"held,omitempty"`
	Sessions int       `json:"sessions,omitempty"` // of a held account, which may finish
	Working  bool      `json:"working,omitempty"`
}

// Route is a route that logins of an account may take.
type Route struct {
	Number   int      `json:"number"` // in the file, from 0, as messages about the configuration count
	Action   string   `json:"action"`
	Device   string   `json:"device"` // a glob
	Listener string   `json:"listener,omitempty"`
	Client   []string `json:"client,omitempty"`
	AsDevice string   `json:"as_device,omitempty"`
	Upstream string   `json:"upstream,omitempty"`
	Address  string   `json:"address,omitempty"`
	Login    string   `json:"login,omitempty"`
	Maildrop string   `json:"maildrop,omitempty"`
	Password string   `json:"password,omitempty"` // which passwords it takes: upstream, device or either
	Dele     string   `json:"dele,omitempty"`     // what becomes of a message
}

// Maildrop is what is remembered of one maildrop, and its policy.
type Maildrop struct {
	Maildrop     string    `json:"maildrop"`
	Beside       bool      `json:"beside,omitempty"` // a mailbox that it shows besides its first
	Policy       []string  `json:"policy"`
	Upstream     string    `json:"upstream,omitempty"`
	Login        string    `json:"login,omitempty"`
	Mailbox      string    `json:"mailbox,omitempty"`
	UIDValidity  uint32    `json:"uidvalidity"`
	UIDNext      imap.UID  `json:"uidnext"`
	Messages     int64     `json:"messages"`
	Octets       int64     `json:"octets"`
	LeftOut      string    `json:"left_out,omitempty"` // UIDs, as IMAP writes sets
	Mismatches   int64     `json:"mismatches"`
	Formats      []Format  `json:"unique_id_formats"`
	Pinned       int       `json:"pinned_unique_ids"`
	AcceptNewIDs bool      `json:"accept_new_ids"`
	Frozen       string    `json:"frozen,omitempty"`
	FrozenSince  time.Time `json:"frozen_since,omitzero"`
	Intents      int       `json:"open_intents"`
	Deletions    int       `json:"deletions"`
}

// Format is how unique-ids are made from a UID upwards.
type Format struct {
	From   imap.UID `json:"from_uid"`
	Format string   `json:"format"`
}
