package configs

import (
	"net/netip"
	"time"

	"popbridge/translate"
)

// Config is a whole configuration file. The keys of the maps are the labels
// that the operator gave.
//
// The tags of its blocks are read by declared: key is the word in the file,
// doc its meaning, unit, default, words (what an enumeration allows), min (the
// least value), required, derived (a default that depends on other keys),
// and sample (what the example shows).
type Config struct {
	Log      Log                 `key:"log" doc:"What the service writes about itself, on standard error."`
	State    State               `key:"state" doc:"What is remembered between sessions: unique-ids, sizes, what a device hid."`
	Login    Login               `key:"login" doc:"How the name that a device logs in with becomes an account and a device."`
	Listener map[string]Listener `key:"listener" doc:"An address that devices connect to. There may be several, each with a name of its own."`
	Upstream map[string]Upstream `key:"upstream" doc:"A server that holds the mail. There may be several, each with a name of its own."`
	Maildrop map[string]Maildrop `key:"maildrop" doc:"A policy: which mailbox a device is shown, and what becomes of what it retrieves and deletes. The maildrop 'default' exists even if it is not written."`
	Route    []Route             `key:"route" doc:"Which login goes where. The first route that matches wins; a login that no route matches is refused like a wrong password. Without any route, and with one upstream, every login goes there."`
	Lookup   map[string]Lookup   `key:"lookup" doc:"A directory that knows where accounts go: a route with lookup = NAME asks it. There may be several, each with a name of its own."`
	Limits   Limits              `key:"limits" doc:"What one service bears, and for how long it waits."`
	Metrics  Metrics             `key:"metrics" doc:"What operators see of the running service, over HTTP: /metrics for Prometheus, /healthz and /readyz for whoever restarts it or sends devices to it. There is no password: whoever reaches the address reads it all."`
	Audit    Audit               `key:"audit" doc:"The trail of who did what: logins and refusals, messages retrieved, sent and deleted, and what operators change, as lines of JSON in a file. It never holds content or passwords. 'popbridge audit' reads it."`
}

// Log says what is logged and how it looks.
type Log struct {
	Level  LogLevel  `key:"level" default:"info" words:"trace debug info warn error" doc:"The least important messages that are still written."`
	Format LogFormat `key:"format" default:"text" words:"text json" doc:"How a message is written: text for people, json for machines."`
}

// State says where the ledger lives.
type State struct {
	Driver      Driver         `key:"driver" default:"sqlite" words:"sqlite postgres memory" doc:"Where it is remembered. With memory all is forgotten when the service ends."`
	Source      Secret         `key:"source" sample:"/var/lib/popbridge/state.db" doc:"A file for sqlite, or a connection string for postgres. Empty means state.db in $STATE_DIRECTORY, else in /var/lib/popbridge where that is there, else in the user's state folder."`
	JournalKeep translate.Days `key:"journal_keep" default:"365d" unit:"all, or days" doc:"How long the journal of deletions is kept, which 'popbridge account deletions' and 'popbridge account undelete' read. Older lines go once a day."`
	SecretsKey  Secret         `key:"secrets_key" unit:"32 octets in base64 or hex" sample:"what popbridge secrets key prints" doc:"Encrypts the secrets that have to be kept: tokens of OAuth 2.0, device passwords for APOP. 'popbridge secrets key' makes one. Several keys stand on a line each: the first encrypts, the others still decrypt until 'popbridge secrets rotate' has encrypted all anew."`
}

// Login says how a login name is read.
type Login struct {
	DefaultDomain   string  `key:"default_domain" sample:"example.org" doc:"Appended to a login without '@'. Empty leaves such a login as it is."`
	Lowercase       bool    `key:"lowercase" default:"true" doc:"Makes Alice@Example.org and alice@example.org one account."`
	DeviceSeparator string  `key:"device_separator" sample:"+" doc:"Splits a device's name from the account. With '+' both alice+scanner@example.org and alice@example.org+scanner are account alice@example.org, device scanner. Empty splits nothing."`
	Devices         Devices `key:"devices" default:"any" words:"any known" doc:"Which devices may log in: any, or known for those alone that 'popbridge account device add' has named, so that a mistyped name is refused and does not download everything as a new device. A login that names no device is let in."`
}

// Listener is an address that devices connect to.
type Listener struct {
	Name              string         // Name is the label.
	Protocol          DeviceProtocol `key:"protocol" default:"pop3" words:"pop3 smtp" doc:"What devices speak there: pop3 to retrieve mail, or smtp to send it, through the submission server of the upstream that their route leads to. It takes nothing from who has not logged in."`
	Address           string         `key:"address" default:":110" unit:"host:port" doc:"Where to listen. Without a host, on every address of the machine."`
	TLS               TLS            `key:"tls" words:"none starttls implicit" derived:"starttls where a certificate is set, else none" sample:"starttls" doc:"How a connection is protected: starttls offers STLS to a connection that begins in plaintext, implicit begins with TLS, as port 995 does."`
	Certificate       string         `key:"certificate" unit:"file" sample:"/etc/popbridge/tls/fullchain.pem" doc:"The certificate chain in PEM, the server's own certificate first."`
	Key               string         `key:"key" unit:"file" sample:"/etc/popbridge/tls/privkey.pem" doc:"The private key of the certificate, in PEM."`
	Certificates      []string       `key:"certificates" unit:"files or folders" sample:"/etc/popbridge/tls/pop.example.net" doc:"More certificates. A device gets the first one that is for the name it asks for and of a kind that it knows, else that of certificate. Each is a folder with fullchain.pem and privkey.pem, as certbot writes them, or one file in PEM that holds chain and key. All are read again when their files change."`
	TLSProfile        TLSProfile     `key:"tls_profile" default:"modern" words:"modern legacy" doc:"Which TLS is spoken: modern is TLS 1.2 and 1.3 with forward secrecy; legacy also takes TLS 1.0 and 1.1, CBC, RSA key exchange and 3DES, which can be broken, so allow should name the networks of the devices that need it. Neither speaks SSL 3.0."`
	PlaintextAuth     bool           `key:"plaintext_auth" default:"false" doc:"Takes passwords on a connection without TLS, from plaintext_networks only."`
	PlaintextNetworks []netip.Prefix `key:"plaintext_networks" default:"127.0.0.0/8, ::1/128, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, fe80::/10" unit:"networks" doc:"From where plaintext_auth lets a password in. It means nothing where plaintext_auth is false."`
	Allow             []netip.Prefix `key:"allow" unit:"networks" sample:"192.0.2.0/24" doc:"From where devices may connect. Empty is from everywhere. Others are closed without a word."`
	Deny              []netip.Prefix `key:"deny" unit:"networks" sample:"198.51.100.0/24" doc:"From where devices may not connect, even where allow names them."`
	ProxyProtocol     []netip.Prefix `key:"proxy_protocol" unit:"networks" sample:"192.0.2.10" doc:"Load balancers that begin each connection with a PROXY header of version 1 or 2 (HAProxy's send-proxy and send-proxy-v2), which says where the device is. It is required from these networks, and then counts everywhere: in allow and deny, plaintext_networks, routes, limits and the log. From elsewhere it is refused."`
	Last              bool           `key:"last" default:"false" doc:"Answers the obsolete command LAST (RFC 1460), which a few old devices cannot do without."`
	APOP              bool           `key:"apop" default:"false" doc:"Lets devices log in with APOP and CRAM-MD5, which prove a password without sending it, and by today's measure badly: whoever listens can try passwords, and whoever stands between can take the session over. It works for device passwords alone that were made with --apop, which popbridge has to keep so that it can read them; state.secrets_key encrypts them."`
	PopBeforeSMTP     time.Duration  `key:"pop_before_smtp" default:"0s" min:"0s" unit:"duration" doc:"With protocol = smtp: how long after a login by POP3 its very address may send for the account without a login, for devices that cannot log in to send; from plaintext_networks only. Whoever has that address meanwhile may send too. '0s' is never."`
	ClientCAFile      string         `key:"client_ca_file" unit:"file" sample:"/etc/popbridge/tls/devices.pem" doc:"Certificates in PEM of who signs certificates for devices. A device that shows one such over TLS may log in with AUTH EXTERNAL and no password, as the account that its certificate names by an e-mail address, or else by its common name. Empty asks devices for none."`
}

// Upstream is a server that holds the mail.
type Upstream struct {
	Name            string        // Name is the label.
	HostGiven       bool          // HostGiven says that a directory has given Address for this account.
	Protocol        Protocol      `key:"protocol" default:"imap" words:"imap pop3" doc:"What the server speaks: imap, or pop3 for an old server that is being migrated away from. There DELE and QUIT remove for good, whatever on_delete says but hide, and unique-ids, octets and order are the old server's own."`
	Provider        Provider      `key:"provider" default:"other" words:"other microsoft365 google_workspace gmail yahoo icloud fastmail zoho qq netease163" doc:"Whose servers these are: it sets address, auth and what oauth2 needs for this protocol, as that provider's documents say; keys that are written here go before it, and 'popbridge config show' tells what is in force. With gmail, yahoo, icloud, fastmail, zoho, qq and netease163 devices log in with an app password (an authorization code at qq and netease163), which the owner makes in the account's settings."`
	Address         string        `key:"address" required:"true" unit:"host:port" doc:"The server. Its certificate has to name this host."`
	TLS             TLS           `key:"tls" default:"implicit" words:"none starttls implicit" doc:"How the connection is protected. With starttls a server that does not offer it is never sent a password; none sends passwords in the clear."`
	CAFile          string        `key:"ca_file" unit:"file" sample:"/etc/popbridge/tls/ca.pem" doc:"Certificates in PEM that are trusted in addition to the machine's own."`
	TLSProfile      TLSProfile    `key:"tls_profile" default:"modern" words:"modern legacy" doc:"Which TLS is spoken with it: modern is TLS 1.2 and 1.3; legacy also takes TLS 1.0 and 1.1, CBC, RSA key exchange and 3DES, for an old server on a network of one's own. Its certificate is checked all the same."`
	Timeout         time.Duration `key:"timeout" default:"30s" min:"1s" unit:"duration" doc:"How long the server may go without sending or taking an octet. The time that a device takes to read does not count."`
	Reuse           time.Duration `key:"reuse" default:"5m" min:"0s" unit:"duration" doc:"How long the connection of a finished session waits for the device's next poll. '0s' never keeps one."`
	Reauth          time.Duration `key:"reauth" default:"15m" min:"0s" unit:"duration" doc:"How long after its last login upstream a connection may be used again, however often it is used."`
	Parked          int           `key:"parked" default:"1000" min:"0" unit:"connections" doc:"How many connections may wait at most."`
	MaxConnections  int           `key:"max_connections" default:"0" min:"0" unit:"connections" doc:"How many connections there may be to this upstream in all; beyond it logins queue, then get [SYS/TEMP]. 0 sets no limit."`
	Auth            Auth          `key:"auth" default:"password" words:"password scram-sha-256 master oauth2" doc:"How to log in there: with the device's password, by AUTHENTICATE PLAIN or LOGIN; with a proof of it, by SCRAM-SHA-256 (RFC 7677), where the server announces that; as a master user who may open every mailbox; or with an access token of OAuth 2.0. With master and oauth2 the server never sees a password of the device."`
	MasterUser      string        `key:"master_user" sample:"popbridge" doc:"The master user of auth = master: Dovecot's, or an administrator of Cyrus (proxyservers)."`
	MasterPassword  Secret        `key:"master_password" sample:"opensesame" doc:"The master user's password."`
	MasterSeparator string        `key:"master_separator" sample:"*" doc:"Stands between account and master user in the name to log in with, as Dovecot's auth_master_user_separator does. Empty sends the account as PLAIN's authorization identity (RFC 4616), which Dovecot and Cyrus take too."`
	VerifyLogin     string        `key:"verify_login" sample:"old" doc:"With auth = master: the upstream that devices' passwords are shown to, where this one does not know them yet. A password that it has taken is asked for again after its reauth."`
	SendClientIP    bool          `key:"send_client_ip" default:"false" doc:"Tells the server each device's address with ID (RFC 2971), so that it does not take popbridge for one attacker. The server has to trust popbridge: Dovecot by login_trusted_networks."`
	Ignore          []string      `key:"ignore" unit:"capabilities" sample:"NAMESPACE" doc:"What the server announces and does not do, such as NAMESPACE, AUTH=PLAIN, SASL-IR or ID: popbridge goes on as if it were not announced. What is refused when it is used is found out without this; it spares the server the first try."`
	LegacyCharset   LegacyCharset `key:"legacy_charset" default:"none" words:"none latin1" doc:"How a device's password is tried once more, as UTF-8, where it is not UTF-8 and the server has refused it as it came: with latin1 its octets are taken for ISO 8859-1. It costs the server a second failed login for each such password that is wrong."`
	OAuth2          OAuth2        `key:"oauth2" doc:"How popbridge gets its tokens, where auth is oauth2."`
	Submission      Submission    `key:"submission" doc:"How mail is sent for the accounts of this upstream, by devices on a listener with protocol = smtp. The login there is the upstream's own: auth, oauth2, ca_file, tls_profile and timeout hold for both."`
}
