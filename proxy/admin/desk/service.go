package desk

import (
	"context"
	"net/url"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
)

// Service is a Desk at a running service, which knows more.
type Service interface {
	Desk
	// Troubles are what went wrong lately for an account or from an address, on every
	// proxy, the newest first; where whom is empty for all.
	Troubles(ctx context.Context, whom string) (Troubles, error)
	// WantsPassword names an upstream that an account is logged in to with its own
	// password, which Undelete needs then; empty where popbridge gets in without.
	WantsPassword(ctx context.Context, account string) (upstream string, err error)
	// Message says what became of one message, by its Message-ID or unique-id, and what else
	// may keep it from devices.
	Message(ctx context.Context, account, id string) (Message, error)
	// AskOwner makes an address by which an account's owner agrees that popbridge reads
	// the mail, once, within a day.
	AskOwner(ctx context.Context, account, upstream string) (OwnerLink, error)
	// OwnerAsked says what that address asks for, for whoever has its key. OwnerOf says
	// whose the answer is that a provider has sent a browser back with, by its state, and
	// OwnerAnswered takes it.
	OwnerAsked(ctx context.Context, account, upstream, key string) (Consent, error)
	OwnerOf(ctx context.Context, state string) (Consent, error)
	OwnerAnswered(ctx context.Context, said url.Values) (Consent, error)
	// Upstreams are those of the configuration, as this service has found them.
	Upstreams(context.Context) ([]Upstream, error)
	// Migration is how far accounts have left an old server.
	Migration(context.Context) (Migration, error)
	// Configuration is what is in force, and what was refused.
	Configuration(context.Context) (Configuration, error)
	// Overview is how this service is.
	Overview(context.Context) (Overview, error)
}

// Trouble is something that went wrong, in words too.
type Trouble struct {
	backend.Trouble
	Proxy string `json:"proxy"`
	// Words say what it means, and Advice what to do.
	Words  string `json:"words"`
	Advice string `json:"advice"`
}

// Troubles is what went wrong.
type Troubles struct {
	Troubles []Trouble `json:"troubles"`
	Silent   []string  `json:"silent"` // proxies that have not answered
}

// Upstream is a server that holds mail.
type Upstream struct {
	Name     string `json:"upstream"`
	Address  string `json:"address"`
	Protocol string `json:"protocol"`
	TLS      string `json:"tls"`
	Auth     string `json:"auth"`
	// State is up, away, or unknown where nothing was asked of it yet.
	State    string    `json:"state"`
	Since    time.Time `json:"away_since,omitzero"`
	Answered time.Time `json:"answered,omitzero"` // when a login was last accepted there
	Failed   time.Time `json:"failed,omitzero"`   // when a connection last came to nothing
	// LoginMillis is what logins that were accepted have taken on average since the service
	// began, the listing of the mailbox included, in milliseconds; 0: there was none.
	LoginMillis int64 `json:"login_ms,omitempty"`
	Connections int64 `json:"connections"`
	Parked      int64 `json:"parked"`
}

// Migration is how far accounts have left an old server.
type Migration struct {
	Steps     []MigrationStep    `json:"steps"`
	Messages  int64              `json:"messages"`
	Known     int64              `json:"known_by_content"`
	Unlearned int                `json:"accounts_not_learned"`
	Problems  []MigrationProblem `json:"problems"` // at most MaxProblems
	More      int                `json:"more_problems"`
	Old       []string           `json:"old_upstreams"` // empty: nothing is left
}

// MaxProblems is how many accounts with problems a Migration names.
const MaxProblems = 200

// MigrationStep is how many accounts have come to a step.
type MigrationStep struct {
	Step     string `json:"step"`
	Accounts int    `json:"accounts"`
	Of       int    `json:"of"`
	Problems int    `json:"problems"`
	LastHour int    `json:"last_hour"`
	LeftSecs int64  `json:"seconds_left,omitempty"` // 0: done, or nothing was done lately
}

// MigrationProblem is what is left to be done for an account.
type MigrationProblem struct {
	Account string `json:"account"`
	Step    string `json:"step"`
	Note    string `json:"note"`
}

// Configuration is what is in force, and what was refused since.
type Configuration struct {
	Path     string            `json:"path"`
	Loaded   time.Time         `json:"loaded"`
	Settings []configs.Setting `json:"settings"`
	Warnings []Mistake         `json:"warnings"`
	// Refused is when a configuration was refused after that, and Mistakes are its.
	Refused  time.Time `json:"refused,omitzero"`
	Mistakes []Mistake `json:"mistakes"`
}

// Mistake is one of a configuration, or what is allowed there but dangerous.
type Mistake struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Key  string `json:"key,omitempty"`
	Text string `json:"text"`
}

// Overview is how a service is.
type Overview struct {
	Proxy     string     `json:"proxy"`
	Version   string     `json:"version"`
	Commit    string     `json:"commit"`
	Started   time.Time  `json:"started"`
	NotReady  string     `json:"not_ready,omitempty"` // why no device can be served; empty: they can
	Sessions  int        `json:"sessions"`
	Listeners []Listener `json:"listeners"`
	Ledger    Ledger     `json:"ledger"`
	// Minutes are logins of the last hour, the oldest first.
	Minutes []Minute `json:"minutes"`
	// Expiring are certificates and client secrets, the first to end first.
	Expiring []Expiring `json:"certificates"`
	// Overdue are devices that have not logged in for longer than is expected of them, the
	// longest first, at most MaxOverdue.
	Overdue     []OverdueDevice `json:"overdue"`
	MoreOverdue int64           `json:"more_overdue"`
	Watched     int64           `json:"watched"` // devices of which something is expected
}

// MaxOverdue is how many devices an Overview names.
const MaxOverdue = 200

// OverdueDevice is a device that has not logged in for too long.
type OverdueDevice struct {
	Account   string    `json:"account"`
	Device    string    `json:"device"`
	Upstream  string    `json:"upstream,omitempty"` // of its last login
	Expect    string    `json:"expect"`             // how often it is expected: a duration, or auto
	Every     int64     `json:"every_seconds"`      // what that comes to
	LastLogin time.Time `json:"last_login,omitzero"`
	Since     time.Time `json:"overdue_since"`
}

// Ledger is where everything is remembered.
type Ledger struct {
	Driver string `json:"driver"`
	// AnswerMicros is what it has taken to answer just now, in microseconds, and Error why it
	// cannot be relied on; empty: it can.
	AnswerMicros int64  `json:"answer_us"`
	Error        string `json:"error,omitempty"`
}

// Listener is an open one.
type Listener struct {
	Name     string `json:"listener"`
	Address  string `json:"address"`
	Protocol string `json:"protocol"`
	TLS      string `json:"tls"`
}

// Minute is how many logins there were in one.
type Minute struct {
	At       time.Time `json:"at"`
	Accepted int       `json:"accepted"`
	Refused  int       `json:"refused"`
}

// Expiring is something that ends.
type Expiring struct {
	What string    `json:"what"` // such as the certificate of listener pop3s
	File string    `json:"file"` // empty for a client secret
	Ends time.Time `json:"ends"`
}
