package configs

import (
	"net/netip"
	"time"

	"popbridge/translate"
)

// Maildrop is a policy for the sessions that a route sends to it.
type Maildrop struct {
	Name           string               // Name is the label.
	Mailbox        Mailboxes            `key:"mailbox" default:"INBOX" unit:"a name, or a list of names" doc:"What is shown: a mailbox, by name or special use such as '\\Junk' or '\\Sent', or a list of several, which may include patterns as in LIST: '*' matches anything, '%' anything within one level, as in 'Orders/*'. Messages in the first mailbox keep the unique-ids they have when it is shown alone."`
	Exclude        []string             `key:"exclude" unit:"names" sample:"Orders/Archive" doc:"What to leave out of the patterns in mailbox: names, special uses, patterns."`
	MaxMailboxes   int                  `key:"max_mailboxes" default:"100" min:"1" unit:"mailboxes" doc:"How many mailboxes one maildrop may show. If the patterns match more, the login is refused with [SYS/PERM]."`
	Search         translate.Search     `key:"search" unit:"search keys" sample:"NOT KEYWORD done SINCE 30d" doc:"Which messages are listed: those that match all of these IMAP search keys (RFC 3501). Other messages are not touched. A date is written '1-Feb-2026', or as days ago, such as '30d'; sizes take KB, MB and GB; text with spaces goes in double quotes. If empty, all messages are listed."`
	MaxSize        translate.Size       `key:"max_size" default:"0" unit:"octets" doc:"The largest message that is listed; larger ones are not touched. '0' means no limit."`
	OnDelete       translate.OnDelete   `key:"on_delete" default:"trash" words:"expunge trash archive flag hide" doc:"What happens to a deleted message, at QUIT and never before: expunge deletes it for good; trash and archive move it; flag keeps it with the keyword $POP3Deleted, so that no device sees it again; hide keeps it, and only this device stops seeing it."`
	TrashFull      translate.TrashFull  `key:"trash_full" default:"expunge" words:"keep expunge" doc:"What happens to a deleted message if Trash has no room for it because the account is over quota: expunge deletes it for good and logs a WARN; keep leaves it in place, QUIT says -ERR [SYS/PERM], and the device gets it again."`
	OnRetrieve     translate.OnRetrieve `key:"on_retrieve" words:"seen nothing" derived:"seen, or nothing if on_delete is hide" sample:"seen" doc:"What happens to a message that was retrieved in full: seen sets \\Seen at the end of the session."`
	TrashMailbox   string               `key:"trash_mailbox" sample:"Deleted Items" doc:"Where on_delete = trash moves messages, instead of the mailbox with the special use \\Trash."`
	ArchiveMailbox string               `key:"archive_mailbox" sample:"Archive" doc:"Where on_delete = archive moves messages, instead of the mailbox with the special use \\Archive."`
	UniqueID       translate.Format     `key:"unique_id" default:"dovecot" doc:"What UIDL answers. Use what the old server sent, or devices download everything again: dovecot, dovecot-0.99, uw, cyrus, cyrus-old, courier-style, hmailserver, stalwart, gmail, or a template such as '%08Xu%08Xv', made of the UID (%u) and the UIDVALIDITY (%v)."`
	Lock           translate.Lock       `key:"lock" default:"device" words:"account device none" doc:"What a session locks: account allows one session for the account, device one for each device, none any number."`
	LockTakeover   time.Duration        `key:"lock_takeover" default:"60s" min:"1s" unit:"duration" doc:"After this long without a command and without any data moving, a session gives up its lock to a new login."`
	FirstLogin     translate.FirstLogin `key:"first_login" default:"all" unit:"all, new, or days" doc:"What a device gets at its first login: all, new for messages that arrive from then on, or the last days, such as '30d'. The rest stays hidden from it."`
	Visible        translate.Days       `key:"visible" default:"all" unit:"all, or days" doc:"How far back a device can see, such as '30d'. Older messages are not listed and not touched."`
	MaxMessages    int                  `key:"max_messages" default:"0" min:"0" unit:"messages" doc:"How many of the newest messages a device sees; older ones are not listed and not touched. 0 shows all."`
	DeleteGuard    translate.Guard      `key:"delete_guard" default:"off" doc:"How many messages one session may delete: a number, a share of the maildrop such as '50%', or both, as in '100 50%', where the lower limit applies. A percentage does not suit devices that empty their maildrop. A session that marks more deletes nothing: QUIT says -ERR, and it is logged. Off means no limit."`
	IdentityHold   time.Duration        `key:"identity_hold" default:"24h" min:"0s" unit:"duration" doc:"How long to refuse logins when a mailbox is empty under a new UIDVALIDITY although devices know messages in it: a disk may not be mounted, and devices would forget everything they have. After that it is served as a new mailbox."`
	Order          translate.Order      `key:"order" words:"old uid arrival newest" derived:"old, or arrival for several mailboxes" sample:"old" doc:"How messages are numbered: old keeps the order of the server that the account was moved from, as far as it is known, with newer messages after it by UID; uid is by UID alone; arrival is by time of arrival; newest is the reverse."`
	StruckOut      translate.StruckOut  `key:"struck_out" default:"hide" words:"hide show" doc:"What devices see of messages that a mail program has marked \\Deleted but not expunged: hide lists none of them; show lists them, as Dovecot's and Cyrus' own POP3 servers do. Use show while accounts move from such a server, or these messages disappear for devices."`
	Unreadable     translate.Unreadable `key:"unreadable" default:"error" words:"error placeholder" doc:"What a device gets for a message that the upstream still has but cannot deliver, while it delivers others: error says -ERR each time; placeholder sends a short message that says so, for programs that stop at -ERR. If a device deletes the placeholder, the message is deleted; otherwise it is neither marked as seen nor deleted."`
	Prefetch       translate.Size       `key:"prefetch" default:"1MB" unit:"octets" doc:"How much is fetched ahead of a device that retrieves messages in order. '0' turns it off."`
}

// Policy is the part of a maildrop that translate decides by.
func (m Maildrop) Policy() translate.Policy {
	return translate.Policy{OnDelete: m.OnDelete, OnRetrieve: m.OnRetrieve, UniqueID: m.UniqueID, MaxMessages: m.MaxMessages, MaxOctets: int64(m.MaxSize), StruckOut: m.StruckOut, Order: m.Order}
}

// Target is the name that the operator has given the mailbox to which deleted
// messages are moved; empty where it is found by its special use, or none are moved.
func (m Maildrop) Target() string {
	return translate.Server{Trash: m.TrashMailbox, Archive: m.ArchiveMailbox}.Target(m.OnDelete.Target())
}

// On is the policy as an upstream can carry it out. An old POP3 server has one
// mailbox and can only remove: as long as an account is there it is served as it
// always was, except that hide, which needs nothing of the server, is kept.
func (m Maildrop) On(u Upstream) Maildrop {
	if u.Protocol != ProtocolPOP3 {
		return m
	}
	m.Mailbox, m.Exclude, m.Search = Mailboxes{"INBOX"}, nil, translate.Search{}
	m.OnRetrieve, m.OnDelete = translate.RetrieveNothing, m.OnDelete.OnOldServer()
	if m.Order == translate.OrderArrival {
		m.Order = translate.OrderOld
	}
	return m
}

// Route sends some logins to an upstream and a maildrop. Use Config.Routes,
// which fills in what the operator may leave out.
type Route struct {
	User     Glob             `key:"user" default:"*" unit:"glob" doc:"The accounts that match, after default_domain and lowercase are applied and the device name is removed. '*' matches any characters, including '@' and '.'."`
	Device   Glob             `key:"device" default:"*" unit:"glob" doc:"The devices that match. A login without a device name has the empty device."`
	Listener string           `key:"listener" sample:"pop3" doc:"Matches only logins on this listener. If empty, on any listener."`
	Client   []netip.Prefix   `key:"client" unit:"networks" sample:"10.0.0.0/8" doc:"Matches only logins from these networks. If empty, from anywhere."`
	Lookup   string           `key:"lookup" sample:"accounts" doc:"The directory to ask for what this route leaves open. If it has no answer, the next route is tried; if it does not respond, the login is refused with [SYS/TEMP]."`
	Upstream string           `key:"upstream" derived:"the upstream, if there is only one" sample:"mail" doc:"The upstream for matching logins."`
	Maildrop string           `key:"maildrop" default:"default" doc:"The maildrop policy for matching logins."`
	Account  string           `key:"account" sample:"{local}@new.example" doc:"The name to log in with upstream, if it differs: text with {user}, {local}, {domain} and {device}. If empty, it is the account itself."`
	Login    LoginWith        `key:"login" default:"upstream" words:"upstream device either" doc:"Which passwords are accepted: upstream passes the password on for the upstream to check; device accepts passwords that 'popbridge account device add --password' has made for one device each; either accepts both."`
	AsDevice string           `key:"as_device" sample:"scanner" doc:"A device name for logins that cannot carry one."`
	Action   Action           `key:"action" default:"serve" words:"serve refuse" doc:"What to do with matching logins: serve them, or refuse them like a wrong password."`
	Expect   translate.Expect `key:"expect" default:"0s" unit:"duration, auto or 0s" sample:"1h" doc:"How often devices of this route are expected to log in for their mail. One that has not for so long is overdue: the page, the API, the metrics and notify say so. auto learns from each device's habit, which takes eight days; 0s expects nothing. 'popbridge account device add --expect' says it for one device, and is stronger."`
	Host     string           // Host is the address of the upstream's server that a directory has given; empty: the upstream's own.
	Alone    *Route           // Alone is what the route is for the account alone, where a directory tells its logins apart; nil: the same.
}

// Limits is what one service bears.
type Limits struct {
	Connections            int            `key:"connections" default:"10000" min:"1" unit:"connections" doc:"How many devices may be connected at once."`
	ConnectionsPerIP       int            `key:"connections_per_ip" default:"50" min:"1" unit:"connections" doc:"How many of them may come from the same address."`
	ConnectionsPerIPExempt []netip.Prefix `key:"connections_per_ip_exempt" unit:"networks" sample:"192.0.2.0/24" doc:"Networks to which connections_per_ip does not apply: load balancers, NAT gateways."`
	LoginTimeout           time.Duration  `key:"login_timeout" default:"1m" min:"1s" unit:"duration" doc:"The time from connecting to a successful login. Commands do not extend it."`
	FailuresPerIP          int            `key:"failures_per_ip" default:"20" min:"0" unit:"failed logins" doc:"How many logins from one address may fail within failure_window; beyond that, none is tried. IPv6 addresses count by their /64. A password that the same address has already tried is not counted again. 0 means no limit."`
	FailuresPerIPExempt    []netip.Prefix `key:"failures_per_ip_exempt" unit:"networks" sample:"192.0.2.0/24" doc:"Networks to which failures_per_ip does not apply: NAT gateways of many customers, a webmail server."`
	FailuresPerAccount     int            `key:"failures_per_account" default:"10" min:"0" unit:"failed logins" doc:"How many logins for one account may fail within failure_window, wherever they come from; beyond that, only a password that has worked before reaches the upstream. 0 means no limit."`
	FailureWindow          time.Duration  `key:"failure_window" default:"10m" min:"1s" unit:"duration" doc:"How long failed logins count, from the first one."`
	FailureDelay           time.Duration  `key:"failure_delay" default:"15s" min:"0s" unit:"duration" doc:"The longest delay before a failed login is answered. The first is answered at once, the next after an eighth of this, then a quarter, then half. '0s' turns the delay off."`
	IdleTimeout            time.Duration  `key:"idle_timeout" default:"10m" min:"1s" unit:"duration" doc:"How long a session may go without a command, and without reading what it is sent. RFC 1939 requires at least ten minutes."`
	BadCommands            int            `key:"bad_commands" default:"20" min:"1" unit:"commands" doc:"How many bad commands in a row close the connection; before login, three do."`
	PrefetchMemory         translate.Size `key:"prefetch_memory" default:"256MB" unit:"octets" doc:"How much the whole service may fetch ahead of its devices. Beyond that it only becomes slower."`
	MessageSize            translate.Size `key:"message_size" default:"50MB" unit:"octets" doc:"The largest message a device may send. This is announced, unless the submission server accepts less."`
	SpoolSize              translate.Size `key:"spool_size" default:"1GB" unit:"octets" doc:"How much sent mail may wait in the state folder to be filed in its mailbox. Beyond that, messages are sent but not filed, unless upstream.submission.sent is always."`
	ShutdownDelay          time.Duration  `key:"shutdown_delay" default:"0s" min:"0s" unit:"duration" doc:"How long the service still takes connections after it is told to stop, while /readyz answers 503 already. Give it a few checks of the load balancer, so that no device is led to a listener that has closed."`
	Drain                  time.Duration  `key:"drain" default:"30s" min:"0s" unit:"duration" doc:"How long sessions may go on after the listeners have closed."`
}

// Metrics is where operators look at the running service.
type Metrics struct {
	Address string `key:"address" unit:"host:port" sample:"127.0.0.1:9110" doc:"Where to serve HTTP. If empty, nothing is served."`
	Pprof   bool   `key:"pprof" default:"false" doc:"Also serves Go's profiles under /debug/pprof/. They reveal how the service works inside, and taking one slows it down."`
}
