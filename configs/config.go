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
	Log       Log                 `key:"log" doc:"What the service writes about itself, on standard error."`
	State     State               `key:"state" doc:"What is remembered between sessions: unique-ids, sizes, and what each device has hidden."`
	Login     Login               `key:"login" doc:"How a login name becomes an account and a device."`
	Listener  map[string]Listener `key:"listener" doc:"An address that devices connect to. There may be several, each with its own name."`
	Upstream  map[string]Upstream `key:"upstream" doc:"A server that holds the mail. There may be several, each with its own name."`
	Maildrop  map[string]Maildrop `key:"maildrop" doc:"A policy: which mailbox a device sees, and what happens to the messages it retrieves and deletes. The maildrop 'default' exists even if it is not in the file."`
	Route     []Route             `key:"route" doc:"Which login goes where. The first matching route wins; a login that matches no route is refused like a wrong password. With no routes and a single upstream, every login goes there."`
	Lookup    map[string]Lookup   `key:"lookup" doc:"A directory that knows where accounts go. A route with lookup = NAME asks it. There may be several, each with its own name."`
	Limits    Limits              `key:"limits" doc:"How much load one service accepts, and how long it waits."`
	Metrics   Metrics             `key:"metrics" doc:"What operators can see of the running service over HTTP: /metrics for Prometheus, /healthz and /readyz for supervisors and load balancers. There is no password: whoever can reach the address can read everything."`
	Admin     Admin               `key:"admin" doc:"A page and an API for operators, over HTTP: sessions, accounts and their devices, deletions, the migration, and what went wrong. Nothing is opened unless it is configured here."`
	Notify    Notify              `key:"notify" doc:"Whom the service tells by itself what operators should hear of, with an HTTP request. Proxies that share a ledger tell it once."`
	Telemetry Telemetry           `key:"telemetry" doc:"Traces of sessions, for OpenTelemetry. Nothing is sent unless it is configured here."`
	Audit     Audit               `key:"audit" doc:"A trail of who did what: logins and refusals, messages retrieved, sent and deleted, and changes by operators, as lines of JSON in a file. It never contains message content or passwords. 'popbridge audit' reads it."`
}

// Log says what is logged and how it looks.
type Log struct {
	Level  LogLevel  `key:"level" default:"info" words:"trace debug info warn error" doc:"The lowest level of message that is written."`
	Format LogFormat `key:"format" default:"text" words:"text json" doc:"The form of log lines: text for people, json for machines."`
}

// State says where the ledger lives.
type State struct {
	Driver      Driver         `key:"driver" default:"sqlite" words:"sqlite postgres memory" doc:"Where the state is kept. With memory, everything is forgotten when the service stops."`
	Source      Secret         `key:"source" sample:"/var/lib/popbridge/state.db" doc:"A file for sqlite, or a connection string for postgres. If empty: state.db in $STATE_DIRECTORY, else in /var/lib/popbridge if it exists, else in the user's state folder."`
	JournalKeep translate.Days `key:"journal_keep" default:"365d" unit:"all, or days" doc:"How long the journal of deletions is kept, which 'popbridge account deletions' and 'popbridge account undelete' read. Older lines are removed once a day."`
	SecretsKey  Secret         `key:"secrets_key" unit:"32 octets in base64 or hex" sample:"what popbridge secrets key prints" doc:"Encrypts secrets that have to be stored: OAuth 2.0 tokens and device passwords for APOP. 'popbridge secrets key' makes one. Several keys may be given, one per line: the first encrypts, the others still decrypt until 'popbridge secrets rotate' has re-encrypted everything."`
}

// Login says how a login name is read.
type Login struct {
	DefaultDomain   string  `key:"default_domain" sample:"example.org" doc:"Appended to a login without '@'. If empty, such a login is left as it is."`
	Lowercase       bool    `key:"lowercase" default:"true" doc:"Makes Alice@Example.org and alice@example.org one account."`
	DeviceSeparator string  `key:"device_separator" sample:"+" doc:"Separates a device's name from the account. With '+', both alice+scanner@example.org and alice@example.org+scanner mean account alice@example.org, device scanner. If empty, logins carry no device name."`
	Devices         Devices `key:"devices" default:"any" words:"any known" doc:"Which devices may log in: any, or known, which admits only those added with 'popbridge account device add'. Then a mistyped device name is refused, instead of downloading everything as a new device. A login without a device name is always allowed."`
}

// Listener is an address that devices connect to.
type Listener struct {
	Name              string         // Name is the label.
	Protocol          DeviceProtocol `key:"protocol" default:"pop3" words:"pop3 smtp" doc:"What devices speak here: pop3 to retrieve mail, or smtp to send it through the submission server of the upstream that their route leads to. Nothing is accepted before a login."`
	Address           string         `key:"address" default:":110" unit:"host:port" doc:"Where to listen. Without a host, on all addresses of the machine."`
	TLS               TLS            `key:"tls" words:"none starttls implicit" derived:"starttls if a certificate is set, else none" sample:"starttls" doc:"How connections are protected: starttls offers STLS on a connection that starts in plain text, implicit starts with TLS, as port 995 does."`
	Certificate       string         `key:"certificate" unit:"file" sample:"/etc/popbridge/tls/fullchain.pem" doc:"The certificate chain in PEM, the server's own certificate first."`
	Key               string         `key:"key" unit:"file" sample:"/etc/popbridge/tls/privkey.pem" doc:"The private key of the certificate, in PEM."`
	Certificates      []string       `key:"certificates" unit:"files or folders" sample:"/etc/popbridge/tls/pop.example.net" doc:"More certificates. A device gets the first one that matches the name it asks for and is of a kind it supports, otherwise the one in certificate. Each is a folder with fullchain.pem and privkey.pem, as certbot writes them, or one PEM file with both chain and key. All of them are read again when their files change."`
	TLSProfile        TLSProfile     `key:"tls_profile" default:"modern" words:"modern legacy" doc:"Which TLS versions are accepted: modern is TLS 1.2 and 1.3 with forward secrecy; legacy adds TLS 1.0 and 1.1, CBC, RSA key exchange and 3DES, which can be broken, so use allow to limit it to the networks that need it. Neither includes SSL 3.0."`
	PlaintextAuth     bool           `key:"plaintext_auth" default:"false" doc:"Accepts passwords on connections without TLS, from plaintext_networks only."`
	PlaintextNetworks []netip.Prefix `key:"plaintext_networks" default:"127.0.0.0/8, ::1/128, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, fe80::/10" unit:"networks" doc:"The networks from which plaintext_auth accepts passwords. Has no effect if plaintext_auth is false."`
	Allow             []netip.Prefix `key:"allow" unit:"networks" sample:"192.0.2.0/24" doc:"The networks that devices may connect from. If empty, from anywhere. Other connections are closed without a reply."`
	Deny              []netip.Prefix `key:"deny" unit:"networks" sample:"198.51.100.0/24" doc:"Networks that devices may not connect from, even if allow includes them."`
	ProxyProtocol     []netip.Prefix `key:"proxy_protocol" unit:"networks" sample:"192.0.2.10" doc:"Load balancers that start each connection with a PROXY header, version 1 or 2 (HAProxy's send-proxy and send-proxy-v2), to pass on the device's address. From these networks the header is required, and the address in it counts everywhere: in allow and deny, plaintext_networks, routes, limits and the log. From anywhere else the header is refused."`
	Last              bool           `key:"last" default:"false" doc:"Answers the obsolete command LAST (RFC 1460), which a few old devices need."`
	APOP              bool           `key:"apop" default:"false" doc:"Lets devices log in with APOP and CRAM-MD5. They prove a password without sending it, but poorly by today's standards: an eavesdropper can guess at it offline, and an attacker in the middle can take over the session. Only device passwords made with --apop work, because popbridge has to store them in a readable form, encrypted with state.secrets_key."`
	PopBeforeSMTP     time.Duration  `key:"pop_before_smtp" default:"0s" min:"0s" unit:"duration" doc:"With protocol = smtp: how long after a POP3 login the same address may send for that account without logging in, for devices that cannot log in to send; from plaintext_networks only. Anyone who uses that address in the meantime can send too. '0s' turns it off."`
	ClientCAFile      string         `key:"client_ca_file" unit:"file" sample:"/etc/popbridge/tls/devices.pem" doc:"PEM certificates of the authorities that sign device certificates. A device that presents such a certificate over TLS may log in with AUTH EXTERNAL and no password, as the account named by the certificate's e-mail address, or else by its common name. If empty, devices are not asked for certificates."`
}

// Upstream is a server that holds the mail.
type Upstream struct {
	Name            string        // Name is the label.
	HostGiven       bool          // HostGiven says that a directory has given Address for this account.
	Protocol        Protocol      `key:"protocol" default:"imap" words:"imap pop3" doc:"What the server speaks: imap, or pop3 for an old server that is being migrated away from. On a POP3 server, DELE and QUIT delete for good unless on_delete is hide, and unique-ids, sizes and order are the old server's own."`
	Provider        Provider      `key:"provider" default:"other" words:"other microsoft365 google_workspace gmail yahoo icloud fastmail zoho qq netease163" doc:"The provider these servers belong to. It sets address, auth and what oauth2 needs, as the provider documents them; keys given here take precedence, and 'popbridge config show' shows the result. With gmail, yahoo, icloud, fastmail, zoho, qq and netease163, devices log in with an app password (qq and netease163 call it an authorization code), which the owner creates in the account's settings."`
	Address         string        `key:"address" required:"true" unit:"host:port" doc:"The server. Its certificate must be valid for this host name."`
	TLS             TLS           `key:"tls" default:"implicit" words:"none starttls implicit" doc:"How the connection is protected. With starttls, a server that does not offer STARTTLS never gets a password; with none, passwords are sent in the clear."`
	CAFile          string        `key:"ca_file" unit:"file" sample:"/etc/popbridge/tls/ca.pem" doc:"PEM certificates to trust in addition to the system's own."`
	TLSProfile      TLSProfile    `key:"tls_profile" default:"modern" words:"modern legacy" doc:"Which TLS versions to use with the server: modern is TLS 1.2 and 1.3; legacy adds TLS 1.0 and 1.1, CBC, RSA key exchange and 3DES, for an old server on your own network. Its certificate is checked either way."`
	Timeout         time.Duration `key:"timeout" default:"30s" min:"1s" unit:"duration" doc:"How long the server may go without sending or accepting any data. The time a device takes to read does not count."`
	Reuse           time.Duration `key:"reuse" default:"5m" min:"0s" unit:"duration" doc:"How long the connection of a finished session is kept for the device's next poll. '0s' keeps none."`
	Reauth          time.Duration `key:"reauth" default:"15m" min:"0s" unit:"duration" doc:"How long after its last login upstream a connection may be reused, however often."`
	Parked          int           `key:"parked" default:"1000" min:"0" unit:"connections" doc:"How many idle connections may be kept."`
	MaxConnections  int           `key:"max_connections" default:"0" min:"0" unit:"connections" doc:"The total number of connections to this upstream. Beyond it logins queue, and then get [SYS/TEMP]. 0 means no limit."`
	Auth            Auth          `key:"auth" default:"password" words:"password scram-sha-256 master oauth2" doc:"How to log in upstream: password sends the device's password, by AUTHENTICATE PLAIN or LOGIN; scram-sha-256 sends a proof of it (RFC 7677), if the server announces that; master logs in as a master user who may open every mailbox; oauth2 uses an access token. With master and oauth2 the server never sees the device's password."`
	MasterUser      string        `key:"master_user" sample:"popbridge" doc:"The master user for auth = master: one of Dovecot's, or a Cyrus administrator (proxyservers)."`
	MasterPassword  Secret        `key:"master_password" sample:"opensesame" doc:"The master user's password."`
	MasterSeparator string        `key:"master_separator" sample:"*" doc:"What separates account and master user in the login name, like Dovecot's auth_master_user_separator. If empty, the account is sent as PLAIN's authorization identity (RFC 4616), which Dovecot and Cyrus accept as well."`
	VerifyLogin     string        `key:"verify_login" sample:"old" doc:"With auth = master: the upstream that checks devices' passwords, if this one does not know them yet. A password it has accepted is checked again after that upstream's reauth."`
	SendClientIP    bool          `key:"send_client_ip" default:"false" doc:"Sends each device's address to the server with ID (RFC 2971), so that it does not mistake popbridge for a single attacker. The server has to trust popbridge; in Dovecot, with login_trusted_networks."`
	Ignore          []string      `key:"ignore" unit:"capabilities" sample:"NAMESPACE" doc:"Capabilities that the server announces but does not support, such as NAMESPACE, AUTH=PLAIN, SASL-IR or ID; popbridge acts as if they were not announced. It finds out by itself what the server refuses; this spares the server the first attempt."`
	LegacyCharset   LegacyCharset `key:"legacy_charset" default:"none" words:"none latin1" doc:"How to retry a password that is not UTF-8, once the server has refused it as it came: with latin1, its bytes are read as ISO 8859-1 and sent as UTF-8. For each such password that is wrong, the server sees a second failed login."`
	OAuth2          OAuth2        `key:"oauth2" doc:"How popbridge gets access tokens, with auth = oauth2."`
	Submission      Submission    `key:"submission" doc:"How devices on a listener with protocol = smtp send mail for the accounts of this upstream. It logs in as the upstream does: auth, oauth2, ca_file, tls_profile and timeout apply to both."`
}
