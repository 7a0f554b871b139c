# The complete configuration of popbridge, with the meaning of every key. Unless stated otherwise, a
# key that is not commented out is set to its default and may be left out. Durations are numbers
# with ms, s, m or h, such as "90s" or "10m". Sizes are in octets, or in KB, MB and GB of 1024,
# 1024² and 1024³ octets. Networks are written "10.0.0.0/8".
# Any key can also be set by an environment variable, such as POPBRIDGE_LOG_LEVEL=debug or
# POPBRIDGE_UPSTREAM_MAIL_ADDRESS=…, which overrides the file.
# Check a file with: popbridge check --config FILE

# What the service writes about itself, on standard error.
log {
  # The lowest level of message that is written.
  # Default: "info". One of trace, debug, info, warn, error.
  level = "info"

  # The form of log lines: text for people, json for machines.
  # Default: "text". One of text, json.
  format = "text"
}

# What is remembered between sessions: unique-ids, sizes, and what each device has hidden.
state {
  # Where the state is kept. With memory, everything is forgotten when the service stops.
  # Default: "sqlite". One of sqlite, postgres, memory.
  driver = "sqlite"

  # A file for sqlite, or a connection string for postgres. If empty: state.db in $STATE_DIRECTORY,
  # else in /var/lib/popbridge if it exists, else in the user's state folder.
  # Default: "". It may hold a secret, so it is never shown; source_file can name a file to read it
  # from instead.
  #source = "/var/lib/popbridge/state.db"
  #source_file = "/etc/popbridge/source"

  # How long the journal of deletions is kept, which 'popbridge account deletions' and 'popbridge
  # account undelete' read. Older lines are removed once a day.
  # Default: "365d". Unit: all, or days.
  journal_keep = "365d"

  # Encrypts secrets that have to be stored: OAuth 2.0 tokens and device passwords for APOP.
  # 'popbridge secrets key' makes one. Several keys may be given, one per line: the first encrypts,
  # the others still decrypt until 'popbridge secrets rotate' has re-encrypted everything.
  # Default: "". Unit: 32 octets in base64 or hex. It may hold a secret, so it is never shown;
  # secrets_key_file can name a file to read it from instead.
  #secrets_key = "what popbridge secrets key prints"
  #secrets_key_file = "/etc/popbridge/secrets_key"
}

# How a login name becomes an account and a device.
login {
  # Appended to a login without '@'. If empty, such a login is left as it is.
  # Default: "".
  #default_domain = "example.org"

  # Makes Alice@Example.org and alice@example.org one account.
  # Default: true.
  lowercase = true

  # Separates a device's name from the account. With '+', both alice+scanner@example.org and
  # alice@example.org+scanner mean account alice@example.org, device scanner. If empty, logins carry
  # no device name.
  # Default: "".
  #device_separator = "+"

  # Which devices may log in: any, or known, which admits only those added with 'popbridge account
  # device add'. Then a mistyped device name is refused, instead of downloading everything as a new
  # device. A login without a device name is always allowed.
  # Default: "any". One of any, known.
  devices = "any"
}

# An address that devices connect to. There may be several, each with its own name.
listener "pop3" {
  # What devices speak here: pop3 to retrieve mail, or smtp to send it through the submission server
  # of the upstream that their route leads to. Nothing is accepted before a login.
  # Default: "pop3". One of pop3, smtp.
  protocol = "pop3"

  # Where to listen. Without a host, on all addresses of the machine.
  # Default: ":110". Unit: host:port.
  address = ":110"

  # How connections are protected: starttls offers STLS on a connection that starts in plain text,
  # implicit starts with TLS, as port 995 does.
  # Default: starttls if a certificate is set, else none. One of none, starttls, implicit.
  #tls = "starttls"

  # The certificate chain in PEM, the server's own certificate first.
  # Default: "". Unit: file.
  #certificate = "/etc/popbridge/tls/fullchain.pem"

  # The private key of the certificate, in PEM.
  # Default: "". Unit: file.
  #key = "/etc/popbridge/tls/privkey.pem"

  # More certificates. A device gets the first one that matches the name it asks for and is of a
  # kind it supports, otherwise the one in certificate. Each is a folder with fullchain.pem and
  # privkey.pem, as certbot writes them, or one PEM file with both chain and key. All of them are
  # read again when their files change.
  # Default: []. Unit: files or folders.
  #certificates = ["/etc/popbridge/tls/pop.example.net"]

  # Which TLS versions are accepted: modern is TLS 1.2 and 1.3 with forward secrecy; legacy adds TLS
  # 1.0 and 1.1, CBC, RSA key exchange and 3DES, which can be broken, so use allow to limit it to
  # the networks that need it. Neither includes SSL 3.0.
  # Default: "modern". One of modern, legacy.
  tls_profile = "modern"

  # Accepts passwords on connections without TLS, from plaintext_networks only.
  # Default: false.
  plaintext_auth = true

  # The networks from which plaintext_auth accepts passwords. Has no effect if plaintext_auth is
  # false.
  # Default: ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
  # "fe80::/10"]. Unit: networks.
  plaintext_networks = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"]

  # The networks that devices may connect from. If empty, from anywhere. Other connections are
  # closed without a reply.
  # Default: []. Unit: networks.
  #allow = ["192.0.2.0/24"]

  # Networks that devices may not connect from, even if allow includes them.
  # Default: []. Unit: networks.
  #deny = ["198.51.100.0/24"]

  # Load balancers that start each connection with a PROXY header, version 1 or 2 (HAProxy's
  # send-proxy and send-proxy-v2), to pass on the device's address. From these networks the header
  # is required, and the address in it counts everywhere: in allow and deny, plaintext_networks,
  # routes, limits and the log. From anywhere else the header is refused.
  # Default: []. Unit: networks.
  #proxy_protocol = ["192.0.2.10"]

  # Answers the obsolete command LAST (RFC 1460), which a few old devices need.
  # Default: false.
  last = false

  # Lets devices log in with APOP and CRAM-MD5. They prove a password without sending it, but poorly
  # by today's standards: an eavesdropper can guess at it offline, and an attacker in the middle can
  # take over the session. Only device passwords made with --apop work, because popbridge has to
  # store them in a readable form, encrypted with state.secrets_key.
  # Default: false.
  apop = false

  # With protocol = smtp: how long after a POP3 login the same address may send for that account
  # without logging in, for devices that cannot log in to send; from plaintext_networks only. Anyone
  # who uses that address in the meantime can send too. '0s' turns it off.
  # Default: "0s". Unit: duration.
  pop_before_smtp = "0s"

  # PEM certificates of the authorities that sign device certificates. A device that presents such a
  # certificate over TLS may log in with AUTH EXTERNAL and no password, as the account named by the
  # certificate's e-mail address, or else by its common name. If empty, devices are not asked for
  # certificates.
  # Default: "". Unit: file.
  #client_ca_file = "/etc/popbridge/tls/devices.pem"
}

# The listener of devices that begin with TLS. It needs a certificate, as STLS does on the other.
#listener "pop3s" {
#  address = ":995"
#  tls = "implicit"
#  certificate = "/etc/popbridge/tls/fullchain.pem"
#  key = "/etc/popbridge/tls/privkey.pem"
#}

# The listener of devices that send. Their upstream needs submission.address, and a certificate
# takes passwords out of the clear here too.
#listener "submission" {
#  protocol = "smtp"
#  address = ":587"
#  plaintext_auth = true
#}

# A server that holds the mail. There may be several, each with its own name.
upstream "mail" {
  # What the server speaks: imap, or pop3 for an old server that is being migrated away from. On a
  # POP3 server, DELE and QUIT delete for good unless on_delete is hide, and unique-ids, sizes and
  # order are the old server's own.
  # Default: "imap". One of imap, pop3.
  protocol = "imap"

  # The provider these servers belong to. It sets address, auth and what oauth2 needs, as the
  # provider documents them; keys given here take precedence, and 'popbridge config show' shows the
  # result. With gmail, yahoo, icloud, fastmail, zoho, qq and netease163, devices log in with an app
  # password (qq and netease163 call it an authorization code), which the owner creates in the
  # account's settings.
  # Default: "other". One of other, microsoft365, google_workspace, gmail, yahoo, icloud, fastmail,
  # zoho, qq, netease163.
  provider = "other"

  # The server. Its certificate must be valid for this host name.
  # Required. Unit: host:port.
  address = "imap.example.org:993"

  # How the connection is protected. With starttls, a server that does not offer STARTTLS never gets
  # a password; with none, passwords are sent in the clear.
  # Default: "implicit". One of none, starttls, implicit.
  tls = "implicit"

  # PEM certificates to trust in addition to the system's own.
  # Default: "". Unit: file.
  #ca_file = "/etc/popbridge/tls/ca.pem"

  # Which TLS versions to use with the server: modern is TLS 1.2 and 1.3; legacy adds TLS 1.0 and
  # 1.1, CBC, RSA key exchange and 3DES, for an old server on your own network. Its certificate is
  # checked either way.
  # Default: "modern". One of modern, legacy.
  tls_profile = "modern"

  # How long the server may go without sending or accepting any data. The time a device takes to
  # read does not count.
  # Default: "30s". Unit: duration. At least 1s.
  timeout = "30s"

  # How long the connection of a finished session is kept for the device's next poll. '0s' keeps
  # none.
  # Default: "5m". Unit: duration.
  reuse = "5m"

  # How long after its last login upstream a connection may be reused, however often.
  # Default: "15m". Unit: duration.
  reauth = "15m"

  # How many idle connections may be kept.
  # Default: 1000. Unit: connections.
  parked = 1000

  # The total number of connections to this upstream. Beyond it logins queue, and then get
  # [SYS/TEMP]. 0 means no limit.
  # Default: 0. Unit: connections.
  max_connections = 0

  # How to log in upstream: password sends the device's password, by AUTHENTICATE PLAIN or LOGIN;
  # scram-sha-256 sends a proof of it (RFC 7677), if the server announces that; master logs in as a
  # master user who may open every mailbox; oauth2 uses an access token. With master and oauth2 the
  # server never sees the device's password.
  # Default: "password". One of password, scram-sha-256, master, oauth2.
  auth = "password"

  # The master user for auth = master: one of Dovecot's, or a Cyrus administrator (proxyservers).
  # Default: "".
  #master_user = "popbridge"

  # The master user's password.
  # Default: "". It may hold a secret, so it is never shown; master_password_file can name a file to
  # read it from instead.
  #master_password = "opensesame"
  #master_password_file = "/etc/popbridge/master_password"

  # What separates account and master user in the login name, like Dovecot's
  # auth_master_user_separator. If empty, the account is sent as PLAIN's authorization identity (RFC
  # 4616), which Dovecot and Cyrus accept as well.
  # Default: "".
  #master_separator = "*"

  # With auth = master: the upstream that checks devices' passwords, if this one does not know them
  # yet. A password it has accepted is checked again after that upstream's reauth.
  # Default: "".
  #verify_login = "old"

  # Sends each device's address to the server with ID (RFC 2971), so that it does not mistake
  # popbridge for a single attacker. The server has to trust popbridge; in Dovecot, with
  # login_trusted_networks.
  # Default: false.
  send_client_ip = false

  # Capabilities that the server announces but does not support, such as NAMESPACE, AUTH=PLAIN,
  # SASL-IR or ID; popbridge acts as if they were not announced. It finds out by itself what the
  # server refuses; this spares the server the first attempt.
  # Default: []. Unit: capabilities.
  #ignore = ["NAMESPACE"]

  # How to retry a password that is not UTF-8, once the server has refused it as it came: with
  # latin1, its bytes are read as ISO 8859-1 and sent as UTF-8. For each such password that is
  # wrong, the server sees a second failed login.
  # Default: "none". One of none, latin1.
  legacy_charset = "none"

  # How popbridge gets access tokens, with auth = oauth2.
  oauth2 {
    # How to get a token (RFC 6749, RFC 8628, RFC 7523, RFC 7636). client_credentials: popbridge is
    # an application that may open every mailbox (Microsoft 365). device and code: the owner of each
    # account agrees once, with 'popbridge account authorize'; with device by typing a code on any
    # machine, with code in a browser that returns to popbridge, or whose address is pasted back.
    # jwt: a service account may act for every user of a domain (Google Workspace).
    # Default: "client_credentials". One of client_credentials, device, jwt, code.
    flow = "client_credentials"

    # With provider = microsoft365: the directory, by its id or one of its domains; consumers for
    # outlook.com. It determines the endpoints.
    # Default: "".
    #tenant = "example.org"

    # The token endpoint. With flow = jwt it may be left out if key_file has it.
    # Default: "". Unit: URL.
    #token_url = "https://login.example.org/oauth2/token"

    # The device authorization endpoint, for flow = device.
    # Default: "". Unit: URL.
    #device_url = "https://login.example.org/oauth2/device"

    # The authorization endpoint, where the owner signs in, for flow = code.
    # Default: "". Unit: URL.
    #auth_url = "https://login.example.org/oauth2/authorize"

    # popbridge's client id at the authorization server.
    # Default: "".
    #client_id = "popbridge"

    # Its client secret. Leave empty for a public client, which flow = device allows.
    # Default: "". It may hold a secret, so it is never shown; client_secret_file can name a file to
    # read it from instead.
    #client_secret = "opensesame"
    #client_secret_file = "/etc/popbridge/client_secret"

    # The day on which client_secret ends, as the authorization server says (Microsoft's end after
    # two years at most). The page and notify say so two weeks before.
    # Default: "". Unit: day.
    #client_secret_expires = "2027-01-31"

    # A PEM certificate that identifies popbridge to the authorization server, instead of
    # client_secret (private_key_jwt, RFC 7523). It must be the one registered there.
    # Default: "". Unit: file.
    #client_certificate = "/etc/popbridge/tls/client.pem"

    # The private key of client_certificate, in PEM.
    # Default: "". Unit: file.
    #client_key = "/etc/popbridge/tls/client.key"

    # A file with a signed assertion that replaces client_secret, which the platform renews
    # (workload identity). It is read each time it is needed.
    # Default: "". Unit: file.
    #client_assertion_file = "/var/run/secrets/azure/tokens/azure-identity-token"

    # The scopes to request. Most authorization servers require them.
    # Default: [].
    #scopes = ["https://mail.example.org/imap"]

    # The key of a service account in Google's JSON, for flow = jwt.
    # Default: "". Unit: file.
    #key_file = "/etc/popbridge/service-account.json"

    # PEM certificates to trust for these endpoints, in addition to the system's own.
    # Default: "". Unit: file.
    #ca_file = "/etc/popbridge/tls/ca.pem"

    # How to present a token to the server: xoauth2 (Microsoft, Google) or oauthbearer (RFC 7628).
    # Default: "xoauth2". One of xoauth2, oauthbearer.
    mechanism = "xoauth2"
  }

  # How devices on a listener with protocol = smtp send mail for the accounts of this upstream. It
  # logs in as the upstream does: auth, oauth2, ca_file, tls_profile and timeout apply to both.
  submission {
    # The server that accepts mail for the accounts of this upstream. If empty, nothing can be sent
    # through this upstream. With a provider it is already set, if a listener speaks smtp.
    # Default: "". Unit: host:port.
    #address = "smtp.example.org:465"

    # How the connection is protected. With starttls, a server that does not offer STARTTLS never
    # gets a password; with none, passwords are sent in the clear.
    # Default: "implicit". One of none, starttls, implicit.
    tls = "implicit"

    # What to do when MAIL FROM or From: is not one of the account's addresses: own refuses it;
    # rewrite replaces it with the account's address and keeps the old one as Reply-To; any leaves
    # it to the server.
    # Default: "own". One of own, rewrite, any.
    sender = "own"

    # More addresses that belong to the account: text with {user}, {local} and {domain}.
    # Default: []. Unit: addresses.
    #aliases = ["info@{domain}"]

    # Whether a sent message is filed in the account's mailbox for sent mail: auto files it unless
    # the server has already done so; always files it in any case, and refuses messages when
    # limits.spool_size is used up; never leaves it to the device.
    # Default: "auto". One of auto, always, never.
    sent = "auto"

    # Where sent mail is filed, instead of the mailbox with the special use \Sent. It is created if
    # it does not exist.
    # Default: "".
    #sent_mailbox = "Sent Items"

    # How long filing a sent message is retried, even after a restart.
    # Default: "1h". Unit: duration.
    sent_retry = "1h"

    # What to do with a message that contains a CR or LF on its own, which could be used to smuggle
    # in another message: refuse it, or mend it by turning each into a line end.
    # Default: "refuse". One of refuse, mend.
    bare_newlines = "refuse"
  }
}

# Microsoft 365, where popbridge as an application may open the mailboxes that an administrator has
# named. Devices log in with device passwords.
#upstream "microsoft" {
#  provider = "microsoft365"
#  oauth2 {
#    tenant = "TENANT"
#    client_id = "CLIENT"
#    client_secret_file = "/etc/popbridge/microsoft_secret"
#  }
#}

# Microsoft 365 or outlook.com, where the owner of each mailbox agrees once: popbridge account
# authorize ACCOUNT. Where the tenant allows the device code, flow = device serves as well. It needs
# state.secrets_key. For outlook.com TENANT is consumers.
#upstream "microsoft-owner" {
#  provider = "microsoft365"
#  oauth2 {
#    flow = "code"
#    tenant = "TENANT"
#    client_id = "CLIENT"
#  }
#}

# Google Workspace, by a service account with domain-wide delegation. Google gives no access to mail
# by flow = device.
#upstream "google" {
#  provider = "google_workspace"
#  oauth2 {
#    key_file = "/etc/popbridge/google.json"
#  }
#}

# A policy: which mailbox a device sees, and what happens to the messages it retrieves and deletes.
# The maildrop 'default' exists even if it is not in the file.
maildrop "default" {
  # What is shown: a mailbox, by name or special use such as '\Junk' or '\Sent', or a list of
  # several, which may include patterns as in LIST: '*' matches anything, '%' anything within one
  # level, as in 'Orders/*'. Messages in the first mailbox keep the unique-ids they have when it is
  # shown alone.
  # Default: "INBOX". Unit: a name, or a list of names.
  mailbox = "INBOX"

  # What to leave out of the patterns in mailbox: names, special uses, patterns.
  # Default: []. Unit: names.
  #exclude = ["Orders/Archive"]

  # How many mailboxes one maildrop may show. If the patterns match more, the login is refused with
  # [SYS/PERM].
  # Default: 100. Unit: mailboxes. At least 1.
  max_mailboxes = 100

  # Which messages are listed: those that match all of these IMAP search keys (RFC 3501). Other
  # messages are not touched. A date is written '1-Feb-2026', or as days ago, such as '30d'; sizes
  # take KB, MB and GB; text with spaces goes in double quotes. If empty, all messages are listed.
  # Default: "". Unit: search keys.
  #search = "NOT KEYWORD done SINCE 30d"

  # The largest message that is listed; larger ones are not touched. '0' means no limit.
  # Default: "0". Unit: octets.
  max_size = "0"

  # What happens to a deleted message, at QUIT and never before: expunge deletes it for good; trash
  # and archive move it; flag keeps it with the keyword $POP3Deleted, so that no device sees it
  # again; hide keeps it, and only this device stops seeing it.
  # Default: "trash". One of expunge, trash, archive, flag, hide.
  on_delete = "trash"

  # What happens to a deleted message if Trash has no room for it because the account is over quota:
  # expunge deletes it for good and logs a WARN; keep leaves it in place, QUIT says -ERR [SYS/PERM],
  # and the device gets it again.
  # Default: "expunge". One of keep, expunge.
  trash_full = "expunge"

  # What happens to a message that was retrieved in full: seen sets \Seen at the end of the session.
  # Default: seen, or nothing if on_delete is hide. One of seen, nothing.
  #on_retrieve = "seen"

  # Where on_delete = trash moves messages, instead of the mailbox with the special use \Trash.
  # Default: "".
  #trash_mailbox = "Deleted Items"

  # Where on_delete = archive moves messages, instead of the mailbox with the special use \Archive.
  # Default: "".
  #archive_mailbox = "Archive"

  # What UIDL answers. Use what the old server sent, or devices download everything again: dovecot,
  # dovecot-0.99, uw, cyrus, cyrus-old, courier-style, hmailserver, stalwart, gmail, or a template
  # such as '%08Xu%08Xv', made of the UID (%u) and the UIDVALIDITY (%v).
  # Default: "dovecot".
  unique_id = "dovecot"

  # What a session locks: account allows one session for the account, device one for each device,
  # none any number.
  # Default: "device". One of account, device, none.
  lock = "device"

  # After this long without a command and without any data moving, a session gives up its lock to a
  # new login.
  # Default: "60s". Unit: duration. At least 1s.
  lock_takeover = "60s"

  # What a device gets at its first login: all, new for messages that arrive from then on, or the
  # last days, such as '30d'. The rest stays hidden from it.
  # Default: "all". Unit: all, new, or days.
  first_login = "all"

  # How far back a device can see, such as '30d'. Older messages are not listed and not touched.
  # Default: "all". Unit: all, or days.
  visible = "all"

  # How many of the newest messages a device sees; older ones are not listed and not touched. 0
  # shows all.
  # Default: 0. Unit: messages.
  max_messages = 0

  # How many messages one session may delete: a number, a share of the maildrop such as '50%', or
  # both, as in '100 50%', where the lower limit applies. A percentage does not suit devices that
  # empty their maildrop. A session that marks more deletes nothing: QUIT says -ERR, and it is
  # logged. Off means no limit.
  # Default: "off".
  delete_guard = "off"

  # How long to refuse logins when a mailbox is empty under a new UIDVALIDITY although devices know
  # messages in it: a disk may not be mounted, and devices would forget everything they have. After
  # that it is served as a new mailbox.
  # Default: "24h". Unit: duration.
  identity_hold = "24h"

  # How messages are numbered: old keeps the order of the server that the account was moved from, as
  # far as it is known, with newer messages after it by UID; uid is by UID alone; arrival is by time
  # of arrival; newest is the reverse.
  # Default: old, or arrival for several mailboxes. One of old, uid, arrival, newest.
  #order = "old"

  # What devices see of messages that a mail program has marked \Deleted but not expunged: hide
  # lists none of them; show lists them, as Dovecot's and Cyrus' own POP3 servers do. Use show while
  # accounts move from such a server, or these messages disappear for devices.
  # Default: "hide". One of hide, show.
  struck_out = "hide"

  # What a device gets for a message that the upstream still has but cannot deliver, while it
  # delivers others: error says -ERR each time; placeholder sends a short message that says so, for
  # programs that stop at -ERR. If a device deletes the placeholder, the message is deleted;
  # otherwise it is neither marked as seen nor deleted.
  # Default: "error". One of error, placeholder.
  unreadable = "error"

  # How much is fetched ahead of a device that retrieves messages in order. '0' turns it off.
  # Default: "1MB". Unit: octets.
  prefetch = "1MB"
}

# Which login goes where. The first matching route wins; a login that matches no route is refused
# like a wrong password. With no routes and a single upstream, every login goes there.
route {
  # The accounts that match, after default_domain and lowercase are applied and the device name is
  # removed. '*' matches any characters, including '@' and '.'.
  # Default: "*". Unit: glob.
  user = "*"

  # The devices that match. A login without a device name has the empty device.
  # Default: "*". Unit: glob.
  device = "*"

  # Matches only logins on this listener. If empty, on any listener.
  # Default: "".
  #listener = "pop3"

  # Matches only logins from these networks. If empty, from anywhere.
  # Default: []. Unit: networks.
  #client = ["10.0.0.0/8"]

  # The directory to ask for what this route leaves open. If it has no answer, the next route is
  # tried; if it does not respond, the login is refused with [SYS/TEMP].
  # Default: "".
  #lookup = "accounts"

  # The upstream for matching logins.
  # Default: the upstream, if there is only one.
  upstream = "mail"

  # The maildrop policy for matching logins.
  # Default: "default".
  maildrop = "default"

  # The name to log in with upstream, if it differs: text with {user}, {local}, {domain} and
  # {device}. If empty, it is the account itself.
  # Default: "".
  #account = "{local}@new.example"

  # Which passwords are accepted: upstream passes the password on for the upstream to check; device
  # accepts passwords that 'popbridge account device add --password' has made for one device each;
  # either accepts both.
  # Default: "upstream". One of upstream, device, either.
  login = "upstream"

  # A device name for logins that cannot carry one.
  # Default: "".
  #as_device = "scanner"

  # What to do with matching logins: serve them, or refuse them like a wrong password.
  # Default: "serve". One of serve, refuse.
  action = "serve"

  # How often devices of this route are expected to log in for their mail. One that has not for so
  # long is overdue: the page, the API, the metrics and notify say so. auto learns from each
  # device's habit, which takes eight days; 0s expects nothing. 'popbridge account device add
  # --expect' says it for one device, and is stronger.
  # Default: "0s". Unit: duration, auto or 0s.
  expect = "0s"
}

# A directory that knows where accounts go. A route with lookup = NAME asks it. There may be
# several, each with its own name.
lookup "accounts" {
  # What to ask: a file, an SQL database, an LDAP directory, or an HTTP service.
  # Default: "file". One of file, sql, ldap, http.
  driver = "file"

  # Where to find it: a file with lines 'ACCOUNT key=value …'; postgres://…, mysql://… or
  # sqlite:FILE; ldap://… or ldaps://…; http://… or https://…. A user and a password go before the
  # host, followed by '@'.
  # Default: "". It may hold a secret, so it is never shown; source_file can name a file to read it
  # from instead.
  source = "/etc/popbridge/accounts"
  #source_file = "/etc/popbridge/source"

  # With sql: the query, in which $1 is the account, $2 the device, $3 the listener and $4 the
  # device's address. It may return the columns upstream, host, account, maildrop, login and action;
  # others are ignored. The first row is the answer; no row means no answer.
  # Default: "".
  #query = "SELECT upstream, account FROM routes WHERE name = $1"

  # With ldap: the entry to search below.
  # Default: "".
  #base = "ou=people,dc=example,dc=org"

  # With ldap: the search filter, in which {user}, {local} and {domain} stand for the account and
  # its parts.
  # Default: "".
  #filter = "(mail={user})"

  # With ldap: the attributes of an entry that contain the answer.
  attributes {
    # The label of the upstream.
    # Default: "".
    upstream = ""

    # The address of the upstream's server for this account.
    # Default: "".
    #host = "mailHost"

    # The name to log in with upstream.
    # Default: "".
    #account = "uid"

    # The label of the maildrop.
    # Default: "".
    #maildrop = "mailPolicy"

    # Which passwords are accepted.
    # Default: "".
    #login = "mailLogin"

    # Whether to serve or refuse the login.
    # Default: "".
    #action = "mailAction"
  }

  # With http: json sends a GET with account, device, listener and client, and expects an object
  # with upstream, host, account, maildrop, login and action, or 404 for no answer; nginx uses the
  # protocol of nginx's auth_http, without a password.
  # Default: "json". One of json, nginx.
  style = "json"

  # How long to wait for an answer. Without one, the login is refused with [SYS/TEMP], unless an
  # older answer may be used.
  # Default: "2s". Unit: duration. At least 1ms.
  timeout = "2s"

  # How long an answer is reused. A file is not cached; it is read again when it has changed.
  # Default: "60s". Unit: duration.
  cache = "60s"

  # How long the absence of an answer is remembered.
  # Default: "10s". Unit: duration.
  negative_cache = "10s"

  # How old an answer may be to be used while the directory does not respond.
  # Default: "1h". Unit: duration.
  stale = "1h"
}

# A database. Answers count for as long as cache says, and for stale while it is away.
#lookup "customers" {
#  driver = "sql"
#  source = "postgres://popbridge@db.example.org/customers"
#  query = "SELECT upstream, account FROM routes WHERE name = $1"
#  timeout = "2s"
#  cache = "60s"
#  negative_cache = "10s"
#  stale = "1h"
#}

# How much load one service accepts, and how long it waits.
limits {
  # How many devices may be connected at once.
  # Default: 10000. Unit: connections. At least 1.
  connections = 10000

  # How many of them may come from the same address.
  # Default: 50. Unit: connections. At least 1.
  connections_per_ip = 50

  # Networks to which connections_per_ip does not apply: load balancers, NAT gateways.
  # Default: []. Unit: networks.
  #connections_per_ip_exempt = ["192.0.2.0/24"]

  # The time from connecting to a successful login. Commands do not extend it.
  # Default: "1m". Unit: duration. At least 1s.
  login_timeout = "1m"

  # How many logins from one address may fail within failure_window; beyond that, none is tried.
  # IPv6 addresses count by their /64. A password that the same address has already tried is not
  # counted again. 0 means no limit.
  # Default: 20. Unit: failed logins.
  failures_per_ip = 20

  # Networks to which failures_per_ip does not apply: NAT gateways of many customers, a webmail
  # server.
  # Default: []. Unit: networks.
  #failures_per_ip_exempt = ["192.0.2.0/24"]

  # How many logins for one account may fail within failure_window, wherever they come from; beyond
  # that, only a password that has worked before reaches the upstream. 0 means no limit.
  # Default: 10. Unit: failed logins.
  failures_per_account = 10

  # How long failed logins count, from the first one.
  # Default: "10m". Unit: duration. At least 1s.
  failure_window = "10m"

  # The longest delay before a failed login is answered. The first is answered at once, the next
  # after an eighth of this, then a quarter, then half. '0s' turns the delay off.
  # Default: "15s". Unit: duration.
  failure_delay = "15s"

  # How long a session may go without a command, and without reading what it is sent. RFC 1939
  # requires at least ten minutes.
  # Default: "10m". Unit: duration. At least 1s.
  idle_timeout = "10m"

  # How many bad commands in a row close the connection; before login, three do.
  # Default: 20. Unit: commands. At least 1.
  bad_commands = 20

  # How much the whole service may fetch ahead of its devices. Beyond that it only becomes slower.
  # Default: "256MB". Unit: octets.
  prefetch_memory = "256MB"

  # The largest message a device may send. This is announced, unless the submission server accepts
  # less.
  # Default: "50MB". Unit: octets.
  message_size = "50MB"

  # How much sent mail may wait in the state folder to be filed in its mailbox. Beyond that,
  # messages are sent but not filed, unless upstream.submission.sent is always.
  # Default: "1GB". Unit: octets.
  spool_size = "1GB"

  # How long the service still takes connections after it is told to stop, while /readyz answers 503
  # already. Give it a few checks of the load balancer, so that no device is led to a listener that
  # has closed.
  # Default: "0s". Unit: duration.
  shutdown_delay = "0s"

  # How long sessions may go on after the listeners have closed.
  # Default: "30s". Unit: duration.
  drain = "30s"
}

# What operators can see of the running service over HTTP: /metrics for Prometheus, /healthz and
# /readyz for supervisors and load balancers. There is no password: whoever can reach the address
# can read everything.
metrics {
  # Where to serve HTTP. If empty, nothing is served.
  # Default: "". Unit: host:port.
  #address = "127.0.0.1:9110"

  # Also serves Go's profiles under /debug/pprof/. They reveal how the service works inside, and
  # taking one slows it down.
  # Default: false.
  pprof = false
}

# A page and an API for operators, over HTTP: sessions, accounts and their devices, deletions, the
# migration, and what went wrong. Nothing is opened unless it is configured here.
admin {
  # Where the page and the API are served, to whoever has a password or a token. Empty opens
  # nothing.
  # Default: "". Unit: host:port.
  #address = "127.0.0.1:9111"

  # The certificate chain in PEM. Without one it is plain HTTP: listen on this machine alone then,
  # or behind a proxy that speaks TLS. It is read again when its file changes.
  # Default: "". Unit: file.
  #certificate = "/etc/popbridge/tls/fullchain.pem"

  # The private key of the certificate, in PEM.
  # Default: "". Unit: file.
  #key = "/etc/popbridge/tls/privkey.pem"

  # Opens the page, best kept in a file that password_file names. Without one there is no page.
  # Default: "". It may hold a secret, so it is never shown; password_file can name a file to read
  # it from instead.
  #password = "what only operators know"
  #password_file = "/etc/popbridge/password"

  # Open the API, best kept in a file that tokens_file names. NAME is what the audit trail calls
  # whoever brings the token; read lets it look, write change too. '#' begins a comment. Without any
  # there is no API.
  # Default: "". Unit: a line each: NAME read|write TOKEN. It may hold a secret, so it is never
  # shown; tokens_file can name a file to read it from instead.
  #tokens = "monitoring read what openssl rand -hex 32 prints"
  #tokens_file = "/etc/popbridge/tokens"

  # How long a login to the page lasts.
  # Default: "12h". Unit: duration. At least 1m.
  session = "12h"

  # Where people reach the page, for links in messages. With https:// its cookies are for TLS alone,
  # and where the address is this machine's, the last address of X-Forwarded-For is that of who
  # asks.
  # Default: "". Unit: http:// or https://.
  #url = "https://popbridge.example.org/"
}

# Whom the service tells by itself what operators should hear of, with an HTTP request. Proxies that
# share a ledger tell it once.
notify {
  # Where each piece of news is posted, as JSON: devices that are overdue or back, upstreams that
  # are away, authorizations that are refused, what expires, QUITs that were not confirmed,
  # mailboxes that are held back, a ledger that fails. It is tried again until the answer is 2xx.
  # Empty tells nobody. An address that is itself a secret is best kept in a file that webhook_file
  # names.
  # Default: "". Unit: https:// URL. It may hold a secret, so it is never shown; webhook_file can
  # name a file to read it from instead.
  #webhook = "https://hooks.example.org/popbridge"
  #webhook_file = "/etc/popbridge/webhook"

  # Signs what is posted (HMAC-SHA-256, as Standard Webhooks has it), so that the receiver knows who
  # has sent it; best kept in a file that secret_file names. With whsec_ before it, it is base64.
  # Default: "". It may hold a secret, so it is never shown; secret_file can name a file to read it
  # from instead.
  #secret = "what openssl rand -hex 32 prints"
  #secret_file = "/etc/popbridge/secret"

  # How often the same kind of news about the same device, account or upstream is told at most. What
  # happens again in between is counted, and told when the time is over.
  # Default: "1h". Unit: duration.
  min_interval = "1h"
}

# Traces of sessions, for OpenTelemetry. Nothing is sent unless it is configured here.
telemetry {
  # An OpenTelemetry collector that takes traces over HTTP (OTLP, JSON). Without a path, /v1/traces
  # is added. A trace is a session, with its login, each RETR and its QUIT; it names listener,
  # upstream and session, and no account, device or message. Empty sends none, and costs nothing.
  # Default: "". Unit: URL.
  #otlp = "http://127.0.0.1:4318"

  # Headers of each request, best kept in a file that headers_file names.
  # Default: "". Unit: a line each: NAME: VALUE. It may hold a secret, so it is never shown;
  # headers_file can name a file to read it from instead.
  #headers = "Authorization: Bearer what the collector wants"
  #headers_file = "/etc/popbridge/headers"

  # How many of a hundred sessions are traced.
  # Default: 100. Unit: percent. At least 1.
  sample = 100
}

# A trail of who did what: logins and refusals, messages retrieved, sent and deleted, and changes by
# operators, as lines of JSON in a file. It never contains message content or passwords. 'popbridge
# audit' reads it.
audit {
  # The file that lines are appended to. If popbridge creates it, only its own user may read and
  # write it. SIGHUP opens it again, so it can be rotated. Empty writes no trail.
  # Default: "". Unit: file.
  #path = "/var/log/popbridge/audit.jsonl"

  # What happens when a line cannot be written: open goes on, logs the failure and leaves a line
  # about the gap; closed refuses with [SYS/TEMP] whatever cannot be recorded, and records a
  # deletion before it is done as well as after.
  # Default: "open". One of open, closed.
  fail = "open"
}
