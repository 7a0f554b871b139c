package configs

import (
	"net/netip"
	"time"

	"popbridge/translate"
)

// Maildrop is a policy for the sessions that a route sends to it.
type Maildrop struct {
	Name           string               // Name is the label.
	Mailbox        Mailboxes            `key:"mailbox" default:"INBOX" unit:"a name, or a list of names" doc:"What is shown: a mailbox, by its name or a special use such as '\\Junk' or '\\Sent', or a list of several, in which patterns as of LIST may stand: '*' for any run of characters, '%' for one that stays on its level, as in 'Orders/*'. The unique-ids of the first mailbox are those that it has alone."`
	Exclude        []string             `key:"exclude" unit:"names" sample:"Orders/Archive" doc:"What the patterns of mailbox do not show: names, special uses, patterns."`
	MaxMailboxes   int                  `key:"max_mailboxes" default:"100" min:"1" unit:"mailboxes" doc:"How many mailboxes one maildrop may show. Where the patterns of mailbox find more, the login is refused with [SYS/PERM]."`
	Search         translate.Search     `key:"search" unit:"search keys" sample:"NOT KEYWORD done SINCE 30d" doc:"Which messages are listed: those that all of these search keys of IMAP hold for (RFC 3501); others are not touched. A date is '1-Feb-2026', or days ago, such as '30d'; a size may take KB, MB and GB; a text with blanks stands in double quotes. Empty lists all."`
	MaxSize        translate.Size       `key:"max_size" default:"0" unit:"octets" doc:"The largest message that is listed; larger ones are not touched. '0' sets no bound."`
	OnDelete       translate.OnDelete   `key:"on_delete" default:"trash" words:"expunge trash archive flag hide" doc:"What becomes of a deleted message, at QUIT and never before: expunge removes it for good, trash and archive move it, flag keeps it with the keyword $POP3Deleted so that no device sees it again, hide keeps it so that this device alone does not see it again."`
	TrashFull      translate.TrashFull  `key:"trash_full" default:"expunge" words:"keep expunge" doc:"What becomes of a deleted message that Trash has no room for since the account is over quota: expunge removes it for good, with a WARN; keep leaves it where it is, QUIT says -ERR [SYS/PERM], and the device gets it again."`
	OnRetrieve     translate.OnRetrieve `key:"on_retrieve" words:"seen nothing" derived:"seen, but nothing where on_delete is hide" sample:"seen" doc:"What becomes of a message that was retrieved whole: seen sets \\Seen when the session ends."`
	TrashMailbox   string               `key:"trash_mailbox" sample:"Deleted Items" doc:"Where trash moves to, instead of the mailbox with the special use \\Trash."`
	ArchiveMailbox string               `key:"archive_mailbox" sample:"Archive" doc:"Where archive moves to, instead of the mailbox with the special use \\Archive."`
	UniqueID       translate.Format     `key:"unique_id" default:"dovecot" doc:"What UIDL answers. Choose what the old server sent, or devices download everything again: dovecot, dovecot-0.99, uw, cyrus, cyrus-old, courier-style, hmailserver, stalwart, gmail, or a template such as '%08Xu%08Xv' of the UID (%u) and the UIDVALIDITY (%v)."`
	Lock           translate.Lock       `key:"lock" default:"device" words:"account device none" doc:"What one session holds for itself: the whole account, the account for its device, or nothing."`
	LockTakeover   time.Duration        `key:"lock_takeover" default:"60s" min:"1s" unit:"duration" doc:"After how long without a command and without an octet moved a session yields its lock to a new login."`
	FirstLogin     translate.FirstLogin `key:"first_login" default:"all" unit:"all, new, or days" doc:"What a device gets that was never seen before: all, new for what comes from then on, or so many days, such as '30d'. What it does not get stays hidden from it."`
	Visible        translate.Days       `key:"visible" default:"all" unit:"all, or days" doc:"How far back a device sees, such as '30d'. Older messages are not listed and not touched."`
	MaxMessages    int                  `key:"max_messages" default:"0" min:"0" unit:"messages" doc:"How many of the newest messages a device sees; older ones are not listed and not touched. 0 shows all."`
	DeleteGuard    translate.Guard      `key:"delete_guard" default:"off" doc:"How many messages one session may delete: a number, a part of the maildrop such as '50%', or both, as in '100 50%', where either is enough to stop it. A percentage does not suit devices that empty their maildrop. A session that marked more deletes nothing: QUIT says -ERR, and the log tells. Off sets no limit."`
	IdentityHold   time.Duration        `key:"identity_hold" default:"24h" min:"0s" unit:"duration" doc:"How long logins are refused where a mailbox has another UIDVALIDITY than before and is empty, although devices know messages of it: a disk may not be mounted, and devices would forget all they have. An empty mailbox that lasts longer is served as one that was made anew."`
	Order          translate.Order      `key:"order" words:"old uid arrival newest" derived:"old, but arrival where there are several mailboxes" sample:"old" doc:"How messages are numbered: old as on the server that an account has moved from, as far as that is known, with newer messages behind by UID; uid by UID alone; arrival by the time when they came; newest the other way round."`
	StruckOut      translate.StruckOut  `key:"struck_out" default:"hide" words:"hide show" doc:"What devices see of messages that a mail program has marked \\Deleted and not expunged: hide lists none of them, show lists them as Dovecot's and Cyrus' own POP3 does. Choose show while accounts move from such a server, or these messages vanish for devices."`
	Unreadable     translate.Unreadable `key:"unreadable" default:"error" words:"error placeholder" doc:"What a device gets for a message that its upstream still has and cannot give, while it gives others: error is -ERR each time, placeholder a short message that says so, for programs that stop at -ERR. A device that deletes the placeholder deletes the message; without that it is neither seen nor deleted."`
	Prefetch       translate.Size       `key:"prefetch" default:"1MB" unit:"octets" doc:"How much is read ahead of a device that retrieves in order. '0' is off."`
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
	User     Glob           `key:"user" default:"*" unit:"glob" doc:"The accounts that match, after default_domain, lowercase and removal of the device. '*' stands for any run of characters, '@' and '.' included."`
	Device   Glob           `key:"device" default:"*" unit:"glob" doc:"The devices that match. A login that names none has the empty device."`
	Listener string         `key:"listener" sample:"pop3" doc:"Only logins on this listener. Empty matches every listener."`
	Client   []netip.Prefix `key:"client" unit:"networks" sample:"10.0.0.0/8" doc:"Only logins from these networks. Empty matches every client."`
	Lookup   string         `key:"lookup" sample:"accounts" doc:"The directory that is asked for what this route leaves open. Where it has no answer the next route is tried; where it cannot be asked the login is refused with [SYS/TEMP]."`
	Upstream string         `key:"upstream" derived:"the only upstream, where there is one" sample:"mail" doc:"The upstream that matching logins go to."`
	Maildrop string         `key:"maildrop" default:"default" doc:"The maildrop policy that matching logins get."`
	Account  string         `key:"account" sample:"{local}@new.example" doc:"The name to log in with upstream, if it is another: text with {user}, {local}, {domain} and {device}. Empty is the account itself."`
	Login    LoginWith      `key:"login" default:"upstream" words:"upstream device either" doc:"Which passwords let a login in: upstream passes the password on and lets the upstream decide; device takes a password that 'popbridge account device add --password' has made for that device alone; either takes both."`
	AsDevice string         `key:"as_device" sample:"scanner" doc:"Names the device for logins that cannot carry a name."`
	Action   Action         `key:"action" default:"serve" words:"serve refuse" doc:"What is done with a matching login: serve it, or refuse it like a wrong password."`
	Host     string         // Host is the address of the upstream's server that a directory has given; empty: the upstream's own.
	Alone    *Route         // Alone is what the route is for the account alone, where a directory tells its logins apart; nil: the same.
}

// Limits is what one service bears.
type Limits struct {
	Connections            int            `key:"connections" default:"10000" min:"1" unit:"connections" doc:"How many devices may be connected at once."`
	ConnectionsPerIP       int            `key:"connections_per_ip" default:"50" min:"1" unit:"connections" doc:"How many of them may come from one address."`
	ConnectionsPerIPExempt []netip.Prefix `key:"connections_per_ip_exempt" unit:"networks" sample:"192.0.2.0/24" doc:"Networks to which connections_per_ip does not apply: load balancers, NAT gateways."`
	LoginTimeout           time.Duration  `key:"login_timeout" default:"1m" min:"1s" unit:"duration" doc:"The time from connecting to a successful login. Commands do not extend it."`
	FailuresPerIP          int            `key:"failures_per_ip" default:"20" min:"0" unit:"failed logins" doc:"How many logins from one address may fail in failure_window; beyond it none is tried. An IPv6 address is its /64. A password that the same device has tried before is not counted again. 0 sets no limit."`
	FailuresPerIPExempt    []netip.Prefix `key:"failures_per_ip_exempt" unit:"networks" sample:"192.0.2.0/24" doc:"Networks to which failures_per_ip does not apply: NAT gateways of many customers, a webmail server."`
	FailuresPerAccount     int            `key:"failures_per_account" default:"10" min:"0" unit:"failed logins" doc:"How many logins of one account may fail in failure_window, from wherever they come; beyond it no password reaches the upstream but one that has succeeded before. 0 sets no limit."`
	FailureWindow          time.Duration  `key:"failure_window" default:"10m" min:"1s" unit:"duration" doc:"For how long failed logins count, from the first."`
	FailureDelay           time.Duration  `key:"failure_delay" default:"15s" min:"0s" unit:"duration" doc:"The longest that the answer to a failed login is held back. The first is answered at once, the next after an eighth of it, then a quarter, then half. '0s' holds none back."`
	IdleTimeout            time.Duration  `key:"idle_timeout" default:"10m" min:"1s" unit:"duration" doc:"How long a session may go without a command. RFC 1939 asks for at least ten minutes."`
	BadCommands            int            `key:"bad_commands" default:"20" min:"1" unit:"commands" doc:"How many wrong commands in a row close the connection; before login three do."`
	PrefetchMemory         translate.Size `key:"prefetch_memory" default:"256MB" unit:"octets" doc:"How much the whole service reads ahead of its devices. Beyond it they are served more slowly, and not worse."`
	MessageSize            translate.Size `key:"message_size" default:"50MB" unit:"octets" doc:"How large a message may be that a device sends. It is announced, unless the submission server takes less."`
	SpoolSize              translate.Size `key:"spool_size" default:"1GB" unit:"octets" doc:"How much mail may lie in the state folder, sent and not yet put into its mailbox. What there is no room for is sent and not put there, unless upstream.submission.sent is always."`
	Drain                  time.Duration  `key:"drain" default:"30s" min:"0s" unit:"duration" doc:"How long sessions may go on after the service was told to stop."`
}

// Metrics is where operators look at the running service.
type Metrics struct {
	Address string `key:"address" unit:"host:port" sample:"127.0.0.1:9110" doc:"Where to serve HTTP. Empty serves none."`
	Pprof   bool   `key:"pprof" default:"false" doc:"Also serves Go's profiles under /debug/pprof/. They tell how the service works inside, and taking one slows it down."`
}
