package api

import (
	"errors"

	"popbridge/proxy/admin/desk"
)

// Kick says whose sessions are to end.
type Kick struct {
	Device string `json:"device,omitempty"` // empty: every device of the account
}

// Disable says why.
type Disable struct {
	Reason string `json:"reason,omitempty"` // a note for operators
}

// Authorize says for which server the owner is asked.
type Authorize struct {
	Upstream string `json:"upstream,omitempty"` // empty: the first that wants the owner's consent
}

// NewDevice says which device is to be added.
type NewDevice struct {
	Device string `json:"device"`
	desk.NewDevice
}

// Undelete says what is to be brought back: lines of the journal that meet all that is
// given.
type Undelete struct {
	Since     string  `json:"since,omitempty"`      // from then on, or so long ago
	MessageID string  `json:"message_id,omitempty"` // with or without its brackets
	Line      int64   `json:"line,omitempty"`       // one line of the journal
	Device    *string `json:"device,omitempty"`     // what this device has deleted
	Password  string  `json:"password,omitempty"`   // the account's, where its upstream wants one
	Login     string  `json:"login,omitempty"`      // another name to log in with there
	DryRun    bool    `json:"dry_run,omitempty"`    // only say what would be brought back
}

func changes() []endpoint {
	return []endpoint{
		{
			method: "POST", path: "/accounts/{account}/kick", id: "kick", summary: "End the sessions of an account, or of one of its devices; nothing that they have marked is deleted",
			write: true, act: "kick", answer: desk.Kicked{}, body: func() any { return new(Kick) },
			change: func(c *call, body any) (any, error) {
				return c.desk.Kick(c.Context(), c.PathValue("account"), body.(*Kick).Device)
			},
		},
		{
			method: "POST", path: "/accounts/{account}/disable", id: "disableAccount", summary: "Refuse every login of an account like a wrong password, and end its sessions",
			write: true, act: "account disable", answer: desk.Disabled{}, body: func() any { return new(Disable) },
			change: func(c *call, body any) (any, error) {
				return c.desk.Disable(c.Context(), c.PathValue("account"), body.(*Disable).Reason)
			},
		},
		{
			method: "POST", path: "/accounts/{account}/enable", id: "enableAccount", summary: "Let an account that was disabled log in again",
			write: true, act: "account enable", answer: desk.Enabled{}, body: nobody,
			change: func(c *call, _ any) (any, error) { return c.desk.Enable(c.Context(), c.PathValue("account")) },
		},
		{
			method: "POST", path: "/accounts/{account}/authorize", id: "authorizeAccount", summary: "Make an address by which the account's owner agrees that popbridge reads the mail, once, within a day: it is given this once, and replaces one that was made before",
			write: true, act: "account authorize link", answer: desk.OwnerLink{}, body: func() any { return new(Authorize) },
			change: func(c *call, body any) (any, error) {
				return c.desk.AskOwner(c.Context(), c.PathValue("account"), body.(*Authorize).Upstream)
			},
		},
		{
			method: "POST", path: "/accounts/{account}/devices", id: "addDevice", summary: "Let a device log in, with a password of its own where that is asked for: it is given this once",
			write: true, act: "account device add", answer: desk.AddedDevice{}, body: func() any { return new(NewDevice) },
			change: func(c *call, body any) (any, error) {
				n := body.(*NewDevice)
				return c.desk.AddDevice(c.Context(), c.PathValue("account"), n.Device, n.NewDevice)
			},
		},
		{
			method: "DELETE", path: "/accounts/{account}/devices/{device}", id: "removeDevice", summary: "Take a device off the list of those that may log in, and a password of its own with it",
			write: true, act: "account device remove", answer: desk.RemovedDevice{}, body: nobody,
			change: func(c *call, _ any) (any, error) {
				return c.desk.RemoveDevice(c.Context(), c.PathValue("account"), c.PathValue("device"))
			},
		},
		{
			method: "DELETE", path: "/accounts/{account}/devices/{device}/password", id: "revokeDevice", summary: "Take a device's own password away; its sessions end",
			write: true, act: "account device revoke", answer: desk.DeviceName{}, body: nobody,
			change: func(c *call, _ any) (any, error) {
				return c.desk.RevokeDevice(c.Context(), c.PathValue("account"), c.PathValue("device"))
			},
		},
		{
			method: "POST", path: "/accounts/{account}/undelete", id: "undelete", summary: "Bring back what devices have deleted",
			write: true, slow: true, act: "account undelete", answer: desk.Restored{}, body: func() any { return new(Undelete) },
			change: undelete,
		},
	}
}

// nobody is for requests that bring nothing.
func nobody() any { return nil }

var errAll = errors.New("say what is to be brought back: since, message_id or line")

func undelete(c *call, body any) (any, error) {
	u := body.(*Undelete)
	if u.Since == "" && u.MessageID == "" && u.Line == 0 {
		return nil, badRequest(errAll)
	}
	from, err := since(u.Since)
	if err != nil {
		return nil, err
	}
	return c.desk.Undelete(c.Context(), c.PathValue("account"), desk.Undelete{
		DeletionQuery: desk.DeletionQuery{Since: from, MessageID: u.MessageID, Device: u.Device, Line: u.Line},
		Password:      u.Password, Login: u.Login, DryRun: u.DryRun,
	})
}
