package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/spf13/cobra"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// lastDeletions is how much of the journal show prints.
const lastDeletions = 10

// shownAccount is all that show says.
type shownAccount struct {
	Account   string           `json:"account"`
	Move      *listedMove      `json:"move,omitempty"` // stronger than routes; nil: it was never moved
	Routes    []shownRoute     `json:"routes"`
	Maildrops []shownMaildrop  `json:"maildrops"`
	Devices   []listedDevice   `json:"devices"`
	Deletions []listedDeletion `json:"last_deletions"`
}

// shownMaildrop is what is remembered of one maildrop, and its policy.
type shownMaildrop struct {
	Maildrop     string        `json:"maildrop"`
	Beside       bool          `json:"beside,omitempty"` // a mailbox that it shows besides its first
	Policy       []string      `json:"policy"`
	Upstream     string        `json:"upstream,omitempty"`
	Login        string        `json:"login,omitempty"`
	Mailbox      string        `json:"mailbox,omitempty"`
	UIDValidity  uint32        `json:"uidvalidity"`
	UIDNext      imap.UID      `json:"uidnext"`
	Messages     int64         `json:"messages"`
	Octets       int64         `json:"octets"`
	LeftOut      string        `json:"left_out,omitempty"` // UIDs, as IMAP writes sets
	Mismatches   int64         `json:"mismatches"`
	Formats      []shownFormat `json:"unique_id_formats"`
	Pinned       int           `json:"pinned_unique_ids"`
	AcceptNewIDs bool          `json:"accept_new_ids"`
	Frozen       string        `json:"frozen,omitempty"`
	FrozenSince  time.Time     `json:"frozen_since,omitzero"`
	Intents      int           `json:"open_intents"`
	Deletions    int           `json:"deletions"`
}

type shownFormat struct {
	From   imap.UID `json:"from_uid"`
	Format string   `json:"format"`
}

func accountShowCommand() *cobra.Command {
	return ledgerCommand(&cobra.Command{
		Use:   "show ACCOUNT",
		Short: "Explain an account: routes, policy, devices, what is remembered",
		Long: `Explain an account: which routes its devices take, with which policy, what the
mailbox held when it was last listed, which devices there are, with which formats
unique-ids were made, and what was deleted last; also whether it was moved to another
upstream. Of each route it says where it leads now, which passwords it takes, and what
DELE does there. Nothing is asked of the upstream.`,
		Example: "  popbridge account show alice@example.org",
	}, []string{"ACCOUNT"}, showAccount)
}

func showAccount(ctx context.Context, env *environment, args []string) error {
	account, err := env.account(args[0])
	if err != nil {
		return err
	}
	known, err := env.store.Account(ctx, account)
	if err != nil {
		return err
	}
	journal, err := env.store.Deletions(ctx, account, ledger.Filter{})
	if err != nil {
		return err
	}
	journal = journal[max(0, len(journal)-lastDeletions):]
	was, err := env.store.Progress.MoveOf(ctx, account)
	if err != nil {
		return err
	}
	if err := env.askDirectories(ctx, account); err != nil {
		fmt.Fprintf(env.cmd.ErrOrStderr(), "popbridge: routes are shown as the configuration has them: %v\n", err)
	}
	shown := shownAccount{Account: account, Routes: routesOf(env.cfg, account, was.Upstream), Maildrops: []shownMaildrop{}, Devices: devicesOf(known), Deletions: []listedDeletion{}}
	if was.Upstream != "" || was.Working {
		m := moveOf(was)
		shown.Move = &m
	}
	for _, p := range known.Pages {
		shown.Maildrops = append(shown.Maildrops, maildropOf(env.cfg, p))
	}
	if !env.json {
		return shown.write(env.out, journal)
	}
	for _, e := range journal {
		shown.Deletions = append(shown.Deletions, listed(e))
	}
	return env.print(shown)
}

func maildropOf(cfg *configs.Config, p ledger.PageDetails) shownMaildrop {
	m := shownMaildrop{
		Maildrop: p.Maildrop, Beside: p.Beside, Upstream: p.Upstream, Login: p.Login, Mailbox: p.Mailbox, UIDValidity: p.UIDValidity, UIDNext: p.UIDNext,
		Messages: p.Messages, Octets: p.Octets, Mismatches: p.Mismatches, Formats: []shownFormat{}, Pinned: p.Pinned,
		AcceptNewIDs: p.AcceptNewIDs, Intents: p.Intents, Deletions: p.Deletions,
		LeftOut: p.LeftOut.String(), Frozen: string(p.Frozen),
		Policy: []string{"the configuration has no maildrop of this name any more"},
	}
	if drop, ok := cfg.Maildrop[route.Block(p.Maildrop)]; ok {
		m.Policy = policyWords(drop)
	}
	if m.Frozen != "" {
		m.FrozenSince = p.FrozenSince
	}
	for _, s := range p.Formats {
		m.Formats = append(m.Formats, shownFormat{s.From, s.Format.String()})
	}
	return m
}

// shownRoute is a route that logins of an account may take.
type shownRoute struct {
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

// routesOf gives the routes that logins of an account may take, and where they lead
// now: those of an account that was moved lead to its upstream.
func routesOf(cfg *configs.Config, account, movedTo string) []shownRoute {
	routes := []shownRoute{}
	for number, r := range route.MayTake(cfg, account) {
		shown := shownRoute{Number: number, Action: r.Action.String(), Device: r.Device.String(), Listener: r.Listener, AsDevice: r.AsDevice}
		for _, network := range r.Client {
			shown.Client = append(shown.Client, network.String())
		}
		if r.Action == configs.ActionServe {
			// The device is not known here: its place in the name stays open.
			t := route.Through(cfg, r, translate.Login{Account: account, Device: "{device}"}, movedTo)
			shown.Upstream, shown.Address, shown.Login, shown.Maildrop = t.Upstream.Name, t.Upstream.Address, t.UpstreamLogin, t.Maildrop.Name
			shown.Password, shown.Dele = t.LoginWith.String(), t.Maildrop.OnDelete.Describe(t.Maildrop.Target())
		}
		routes = append(routes, shown)
	}
	return routes
}

// policyWords says in words what a maildrop does.
func policyWords(m configs.Maildrop) []string {
	sees := "devices see " + m.Mailbox.String()
	if m.Visible > 0 {
		sees += fmt.Sprintf(", the last %v", m.Visible)
	}
	if len(m.Exclude) > 0 {
		sees += ", without " + strings.Join(m.Exclude, ", ")
	}
	if m.MaxSize > 0 {
		sees += ", none larger than " + m.MaxSize.String()
	}
	if text := m.Search.String(); text != "" {
		sees += ", only what the search finds: " + text
	}
	if m.MaxMessages > 0 {
		sees += fmt.Sprintf(", the newest %s", translate.Count(m.MaxMessages, "message"))
	}
	retrieved := "stays as it is"
	if m.OnRetrieve == translate.RetrieveSeen {
		retrieved = `becomes \Seen`
	}
	lock := map[translate.Lock]string{
		translate.LockDevice:  fmt.Sprintf("one session for each device at a time, until it is silent for %v", m.LockTakeover),
		translate.LockAccount: fmt.Sprintf("one session for the account at a time, until it is silent for %v", m.LockTakeover),
		translate.LockNone:    "any number of sessions at a time",
	}[m.Lock]
	return []string{
		sees,
		fmt.Sprintf("a deleted message %s (on_delete %v)", m.OnDelete.Describe(m.Target()), m.OnDelete),
		fmt.Sprintf("a retrieved message %s (on_retrieve %v)", retrieved, m.OnRetrieve),
		"new unique-ids are made with " + m.UniqueID.String(),
		lock,
		fmt.Sprintf("first_login %v, delete_guard %v, struck_out %v", m.FirstLogin, m.DeleteGuard, m.StruckOut),
	}
}

// where says which logins take the route.
func (r shownRoute) where() string {
	words := []string{"any device"}
	if r.Device != "*" {
		words[0] = "device " + r.Device
	}
	if r.Listener != "" {
		words = append(words, "listener "+r.Listener)
	}
	if len(r.Client) > 0 {
		words = append(words, "from "+strings.Join(r.Client, ", "))
	}
	return strings.Join(words, ", ")
}
