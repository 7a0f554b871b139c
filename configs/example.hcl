# The configuration of popbridge, complete. Every key stands here with its meaning; where the key is
# not commented out and nothing else is said, its value is the default, and it may be left out.
# Durations are numbers with ms, s, m or h, such as "90s" or "10m". Sizes are octets, or take KB, MB
# and GB, which count 1024, 1024² and 1024³ octets. Networks are written "10.0.0.0/8".
# Any key can be set by an environment variable, POPBRIDGE_LOG_LEVEL=debug or
# POPBRIDGE_UPSTREAM_MAIL_ADDRESS=…, which goes before the file.
# Check a file with: popbridge check --config FILE

# What the service writes about itself, on standard error.
log {
  # The least important messages that are still written.
  # Default: "info". One of trace, debug, info, warn, error.
  level = "info"

  # How a message is written: text for people, json for machines.
  # Default: "text". One of text, json.
  format = "text"
}

# What is remembered between sessions: unique-ids, sizes, what a device hid.
state {
  # Where it is remembered. With memory all is forgotten when the service ends.
  # Default: "sqlite". One of sqlite, postgres, memory.
  driver = "sqlite"

  # A file for sqlite, or a connection string for postgres. Empty means state.db in
  # $STATE_DIRECTORY, else in /var/lib/popbridge where that is there, else in the user's state
  # folder.
  # Default: "". It is never shown, as it may hold a secret; instead, source_file may name a file to
  # read it from.
  #source = "/var/lib/popbridge/state.db"
  #source_file = "/etc/popbridge/source"

  # How long the journal of deletions is kept, which 'popbridge account deletions' and 'popbridge
  # account undelete' read. Older lines go once a day.
  # Default: "365d". Unit: all, or days.
  journal_keep = "365d"

  # Encrypts the secrets that have to be kept: tokens of OAuth 2.0, device passwords for APOP.
  # 'popbridge secrets key' makes one. Several keys stand on a line each: the first encrypts, the
  # others still decrypt until 'popbridge secrets rotate' has encrypted all anew.
  # Default: "". Unit: 32 octets in base64 or hex. It is never shown, as it may hold a secret;
  # instead, secrets_key_file may name a file to read it from.
  #secrets_key = "what popbridge secrets key prints"
  #secrets_key_file = "/etc/popbridge/secrets_key"
}

# How the name that a device logs in with becomes an account and a device.
login {
  # Appended to a login without '@'. Empty leaves such a login as it is.
  # Default: "".
  #default_domain = "example.org"

  # Makes Alice@Example.org and alice@example.org one account.
  # Default: true.
  lowercase = true

  # Splits a device's name from the account. With '+' both alice+scanner@example.org and
  # alice@example.org+scanner are account alice@example.org, device scanner. Empty splits nothing.
  # Default: "".
  #device_separator = "+"

  # Which devices may log in: any, or known for those alone that 'popbridge account device add' has
  # named, so that a mistyped name is refused and does not download everything as a new device. A
  # login that names no device is let in.
  # Default: "any". One of any, known.
  devices = "any"
}

# An address that devices connect to. There may be several, each with a name of its own.
listener "pop3" {
  # What devices speak there: pop3 to retrieve mail, or smtp to send it, through the submission
  # server of the upstream that their route leads to. It takes nothing from who has not logged in.
  # Default: "pop3". One of pop3, smtp.
  protocol = "pop3"

  # Where to listen. Without a host, on every address of the machine.
  # Default: ":110". Unit: host:port.
  address = ":110"

  # How a connection is protected: starttls offers STLS to a connection that begins in plaintext,
  # implicit begins with TLS, as port 995 does.
  # Default: starttls where a certificate is set, else none. One of none, starttls, implicit.
  #tls = "starttls"

  # The certificate chain in PEM, the server's own certificate first.
  # Default: "". Unit: file.
  #certificate = "/etc/popbridge/tls/fullchain.pem"

  # The private key of the certificate, in PEM.
  # Default: "". Unit: file.
  #key = "/etc/popbridge/tls/privkey.pem"

  # More certificates. A device gets the first one that is for the name it asks for and of a kind
  # that it knows, else that of certificate. Each is a folder with fullchain.pem and privkey.pem, as
  # certbot writes them, or one file in PEM that holds chain and key. All are read again when their
  # files change.
  # Default: []. Unit: files or folders.
  #certificates = ["/etc/popbridge/tls/pop.example.net"]

  # Which TLS is spoken: modern is TLS 1.2 and 1.3 with forward secrecy; legacy also takes TLS 1.0
  # and 1.1, CBC, RSA key exchange and 3DES, which can be broken, so allow should name the networks
  # of the devices that need it. Neither speaks SSL 3.0.
  # Default: "modern". One of modern, legacy.
  tls_profile = "modern"

  # Takes passwords on a connection without TLS, from plaintext_networks only.
  # Default: false.
  plaintext_auth = true

  # From where plaintext_auth lets a password in. It means nothing where plaintext_auth is false.
  # Default: ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
  # "fe80::/10"]. Unit: networks.
  plaintext_networks = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"]

  # From where devices may connect. Empty is from everywhere. Others are closed without a word.
  # Default: []. Unit: networks.
  #allow = ["192.0.2.0/24"]

  # From where devices may not connect, even where allow names them.
  # Default: []. Unit: networks.
  #deny = ["198.51.100.0/24"]

  # Load balancers that begin each connection with a PROXY header of version 1 or 2 (HAProxy's
  # send-proxy and send-proxy-v2), which says where the device is. It is required from these
  # networks, and then counts everywhere: in allow and deny, plaintext_networks, routes, limits and
  # the log. From elsewhere it is refused.
  # Default: []. Unit: networks.
  #proxy_protocol = ["192.0.2.10"]

  # Answers the obsolete command LAST (RFC 1460), which a few old devices cannot do without.
  # Default: false.
  last = false

  # Lets devices log in with APOP and CRAM-MD5, which prove a password without sending it, and by
  # today's measure badly: whoever listens can try passwords, and whoever stands between can take
  # the session over. It works for device passwords alone that were made with --apop, which
  # popbridge has to keep so that it can read them; state.secrets_key encrypts them.
  # Default: false.
  apop = false

  # With protocol = smtp: how long after a login by POP3 its very address may send for the account
  # without a login, for devices that cannot log in to send; from plaintext_networks only. Whoever
  # has that address meanwhile may send too. '0s' is never.
  # Default: "0s". Unit: duration.
  pop_before_smtp = "0s"

  # Certificates in PEM of who signs certificates for devices. A device that shows one such over TLS
  # may log in with AUTH EXTERNAL and no password, as the account that its certificate names by an
  # e-mail address, or else by its common name. Empty asks devices for none.
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

# A server that holds the mail. There may be several, each with a name of its own.
upstream "mail" {
  # What the server speaks: imap, or pop3 for an old server that is being migrated away from. There
  # DELE and QUIT remove for good, whatever on_delete says but hide, and unique-ids, octets and
  # order are the old server's own.
  # Default: "imap". One of imap, pop3.
  protocol = "imap"

  # Whose servers these are: it sets address, auth and what oauth2 needs for this protocol, as that
  # provider's documents say; keys that are written here go before it, and 'popbridge config show'
  # tells what is in force. With gmail, yahoo, icloud, fastmail, zoho, qq and netease163 devices log
  # in with an app password (an authorization code at qq and netease163), which the owner makes in
  # the account's settings.
  # Default: "other". One of other, microsoft365, google_workspace, gmail, yahoo, icloud, fastmail,
  # zoho, qq, netease163.
  provider = "other"

  # The server. Its certificate has to name this host.
  # It has to be given. Unit: host:port.
  address = "imap.example.org:993"

  # How the connection is protected. With starttls a server that does not offer it is never sent a
  # password; none sends passwords in the clear.
  # Default: "implicit". One of none, starttls, implicit.
  tls = "implicit"

  # Certificates in PEM that are trusted in addition to the machine's own.
  # Default: "". Unit: file.
  #ca_file = "/etc/popbridge/tls/ca.pem"

  # Which TLS is spoken with it: modern is TLS 1.2 and 1.3; legacy also takes TLS 1.0 and 1.1, CBC,
  # RSA key exchange and 3DES, for an old server on a network of one's own. Its certificate is
  # checked all the same.
  # Default: "modern". One of modern, legacy.
  tls_profile = "modern"

  # How long the server may go without sending or taking an octet. The time that a device takes to
  # read does not count.
  # Default: "30s". Unit: duration. At least 1s.
  timeout = "30s"

  # How long the connection of a finished session waits for the device's next poll. '0s' never keeps
  # one.
  # Default: "5m". Unit: duration.
  reuse = "5m"

  # How long after its last login upstream a connection may be used again, however often it is used.
  # Default: "15m". Unit: duration.
  reauth = "15m"

  # How many connections may wait at most.
  # Default: 1000. Unit: connections.
  parked = 1000

  # How many connections there may be to this upstream in all; beyond it logins queue, then get
  # [SYS/TEMP]. 0 sets no limit.
  # Default: 0. Unit: connections.
  max_connections = 0

  # How to log in there: with the device's password, by AUTHENTICATE PLAIN or LOGIN; with a proof of
  # it, by SCRAM-SHA-256 (RFC 7677), where the server announces that; as a master user who may open
  # every mailbox; or with an access token of OAuth 2.0. With master and oauth2 the server never
  # sees a password of the device.
  # Default: "password". One of password, scram-sha-256, master, oauth2.
  auth = "password"

  # The master user of auth = master: Dovecot's, or an administrator of Cyrus (proxyservers).
  # Default: "".
  #master_user = "popbridge"

  # The master user's password.
  # Default: "". It is never shown, as it may hold a secret; instead, master_password_file may name
  # a file to read it from.
  #master_password = "opensesame"
  #master_password_file = "/etc/popbridge/master_password"

  # Stands between account and master user in the name to log in with, as Dovecot's
  # auth_master_user_separator does. Empty sends the account as PLAIN's authorization identity (RFC
  # 4616), which Dovecot and Cyrus take too.
  # Default: "".
  #master_separator = "*"

  # With auth = master: the upstream that devices' passwords are shown to, where this one does not
  # know them yet. A password that it has taken is asked for again after its reauth.
  # Default: "".
  #verify_login = "old"

  # Tells the server each device's address with ID (RFC 2971), so that it does not take popbridge
  # for one attacker. The server has to trust popbridge: Dovecot by login_trusted_networks.
  # Default: false.
  send_client_ip = false

  # What the server announces and does not do, such as NAMESPACE, AUTH=PLAIN, SASL-IR or ID:
  # popbridge goes on as if it were not announced. What is refused when it is used is found out
  # without this; it spares the server the first try.
  # Default: []. Unit: capabilities.
  #ignore = ["NAMESPACE"]

  # How a device's password is tried once more, as UTF-8, where it is not UTF-8 and the server has
  # refused it as it came: with latin1 its octets are taken for ISO 8859-1. It costs the server a
  # second failed login for each such password that is wrong.
  # Default: "none". One of none, latin1.
  legacy_charset = "none"

  # How popbridge gets its tokens, where auth is oauth2.
  oauth2 {
    # How a token is come by (RFC 6749, RFC 8628, RFC 7523, RFC 7636): client_credentials, where
    # popbridge as an application may open every mailbox (Microsoft 365); device and code, where the
    # owner of each account agrees once, by 'popbridge account authorize', with device by typing a
    # code at any machine, with code in a browser that comes back to popbridge, or whose address is
    # pasted back; jwt, where a service account may act for every user of a domain (Google
    # Workspace).
    # Default: "client_credentials". One of client_credentials, device, jwt, code.
    flow = "client_credentials"

    # With provider = microsoft365: the directory, by its id or one of its domains; consumers for
    # outlook.com. The endpoints follow from it.
    # Default: "".
    #tenant = "example.org"

    # The token endpoint. With flow = jwt the one in key_file need not be repeated here.
    # Default: "". Unit: URL.
    #token_url = "https://login.example.org/oauth2/token"

    # The device authorization endpoint, for flow = device.
    # Default: "". Unit: URL.
    #device_url = "https://login.example.org/oauth2/device"

    # The authorization endpoint, where the owner signs in, for flow = code.
    # Default: "". Unit: URL.
    #auth_url = "https://login.example.org/oauth2/authorize"

    # The name of popbridge at the authorization server.
    # Default: "".
    #client_id = "popbridge"

    # Its password there. Empty where it is a public client, as flow = device allows.
    # Default: "". It is never shown, as it may hold a secret; instead, client_secret_file may name
    # a file to read it from.
    #client_secret = "opensesame"
    #client_secret_file = "/etc/popbridge/client_secret"

    # A certificate in PEM that proves popbridge to the authorization server in place of
    # client_secret (private_key_jwt, RFC 7523): the one that was uploaded there.
    # Default: "". Unit: file.
    #client_certificate = "/etc/popbridge/tls/client.pem"

    # The private key of client_certificate, in PEM.
    # Default: "". Unit: file.
    #client_key = "/etc/popbridge/tls/client.key"

    # A file with a signed assertion in place of client_secret, as a platform renews it (workload
    # identity). It is read each time.
    # Default: "". Unit: file.
    #client_assertion_file = "/var/run/secrets/azure/tokens/azure-identity-token"

    # What a token is asked for. Most authorization servers need it.
    # Default: [].
    #scopes = ["https://mail.example.org/imap"]

    # The key of a service account in Google's JSON, for flow = jwt.
    # Default: "". Unit: file.
    #key_file = "/etc/popbridge/service-account.json"

    # Certificates in PEM that are trusted for these endpoints in addition to the machine's own.
    # Default: "". Unit: file.
    #ca_file = "/etc/popbridge/tls/ca.pem"

    # How a token is shown to the server: xoauth2 (Microsoft, Google), or oauthbearer (RFC 7628).
    # Default: "xoauth2". One of xoauth2, oauthbearer.
    mechanism = "xoauth2"
  }

  # How mail is sent for the accounts of this upstream, by devices on a listener with protocol =
  # smtp. The login there is the upstream's own: auth, oauth2, ca_file, tls_profile and timeout hold
  # for both.
  submission {
    # The server that takes mail for the accounts of this upstream. Empty: nothing can be sent
    # through this upstream. A provider has its own where a listener speaks smtp.
    # Default: "". Unit: host:port.
    #address = "smtp.example.org:465"

    # How the connection is protected. With starttls a server that does not offer it is never sent a
    # password; none sends passwords in the clear.
    # Default: "implicit". One of none, starttls, implicit.
    tls = "implicit"

    # What is done with a MAIL FROM or a From: that is not the account's: own refuses it, rewrite
    # puts the account's address in its place and keeps the old one as Reply-To, any leaves it to
    # the server.
    # Default: "own". One of own, rewrite, any.
    sender = "own"

    # Further addresses that are the account's own: text with {user}, {local} and {domain}.
    # Default: []. Unit: addresses.
    #aliases = ["info@{domain}"]

    # Whether a message that the server has taken is put into the account's mailbox of sent mail:
    # auto does unless the server has put it there itself, always does whether or not it is there,
    # and refuses what there is no room for in limits.spool_size; never leaves it to the device.
    # Default: "auto". One of auto, always, never.
    sent = "auto"

    # Where it is put, instead of the mailbox with the special use \Sent. It is made where it is
    # missing.
    # Default: "".
    #sent_mailbox = "Sent Items"

    # How long it is tried to put a sent message there, after a restart too.
    # Default: "1h". Unit: duration.
    sent_retry = "1h"

    # What is done with a message that has a CR or LF alone, by which others could be smuggled in
    # behind it: refuse it, or mend it, which makes a line end of each.
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

# A policy: which mailbox a device is shown, and what becomes of what it retrieves and deletes. The
# maildrop 'default' exists even if it is not written.
maildrop "default" {
  # What is shown: a mailbox, by its name or a special use such as '\Junk' or '\Sent', or a list of
  # several, in which patterns as of LIST may stand: '*' for any run of characters, '%' for one that
  # stays on its level, as in 'Orders/*'. The unique-ids of the first mailbox are those that it has
  # alone.
  # Default: "INBOX". Unit: a name, or a list of names.
  mailbox = "INBOX"

  # What the patterns of mailbox do not show: names, special uses, patterns.
  # Default: []. Unit: names.
  #exclude = ["Orders/Archive"]

  # How many mailboxes one maildrop may show. Where the patterns of mailbox find more, the login is
  # refused with [SYS/PERM].
  # Default: 100. Unit: mailboxes. At least 1.
  max_mailboxes = 100

  # Which messages are listed: those that all of these search keys of IMAP hold for (RFC 3501);
  # others are not touched. A date is '1-Feb-2026', or days ago, such as '30d'; a size may take KB,
  # MB and GB; a text with blanks stands in double quotes. Empty lists all.
  # Default: "". Unit: search keys.
  #search = "NOT KEYWORD done SINCE 30d"

  # The largest message that is listed; larger ones are not touched. '0' sets no bound.
  # Default: "0". Unit: octets.
  max_size = "0"

  # What becomes of a deleted message, at QUIT and never before: expunge removes it for good, trash
  # and archive move it, flag keeps it with the keyword $POP3Deleted so that no device sees it
  # again, hide keeps it so that this device alone does not see it again.
  # Default: "trash". One of expunge, trash, archive, flag, hide.
  on_delete = "trash"

  # What becomes of a deleted message that Trash has no room for since the account is over quota:
  # expunge removes it for good, with a WARN; keep leaves it where it is, QUIT says -ERR [SYS/PERM],
  # and the device gets it again.
  # Default: "expunge". One of keep, expunge.
  trash_full = "expunge"

  # What becomes of a message that was retrieved whole: seen sets \Seen when the session ends.
  # Default: seen, but nothing where on_delete is hide. One of seen, nothing.
  #on_retrieve = "seen"

  # Where trash moves to, instead of the mailbox with the special use \Trash.
  # Default: "".
  #trash_mailbox = "Deleted Items"

  # Where archive moves to, instead of the mailbox with the special use \Archive.
  # Default: "".
  #archive_mailbox = "Archive"

  # What UIDL answers. Choose what the old server sent, or devices download everything again:
  # dovecot, dovecot-0.99, uw, cyrus, cyrus-old, courier-style, hmailserver, stalwart, gmail, or a
  # template such as '%08Xu%08Xv' of the UID (%u) and the UIDVALIDITY (%v).
  # Default: "dovecot".
  unique_id = "dovecot"

  # What one session holds for itself: the whole account, the account for its device, or nothing.
  # Default: "device". One of account, device, none.
  lock = "device"

  # After how long without a command and without an octet moved a session yields its lock to a new
  # login.
  # Default: "60s". Unit: duration. At least 1s.
  lock_takeover = "60s"

  # What a device gets that was never seen before: all, new for what comes from then on, or so many
  # days, such as '30d'. What it does not get stays hidden from it.
  # Default: "all". Unit: all, new, or days.
  first_login = "all"

  # How far back a device sees, such as '30d'. Older messages are not listed and not touched.
  # Default: "all". Unit: all, or days.
  visible = "all"

  # How many of the newest messages a device sees; older ones are not listed and not touched. 0
  # shows all.
  # Default: 0. Unit: messages.
  max_messages = 0

  # How many messages one session may delete: a number, a part of the maildrop such as '50%', or
  # both, as in '100 50%', where either is enough to stop it. A percentage does not suit devices
  # that empty their maildrop. A session that marked more deletes nothing: QUIT says -ERR, and the
  # log tells. Off sets no limit.
  # Default: "off".
  delete_guard = "off"

  # How long logins are refused where a mailbox has another UIDVALIDITY than before and is empty,
  # although devices know messages of it: a disk may not be mounted, and devices would forget all
  # they have. An empty mailbox that lasts longer is served as one that was made anew.
  # Default: "24h". Unit: duration.
  identity_hold = "24h"

  # How messages are numbered: old as on the server that an account has moved from, as far as that
  # is known, with newer messages behind by UID; uid by UID alone; arrival by the time when they
  # came; newest the other way round.
  # Default: old, but arrival where there are several mailboxes. One of old, uid, arrival, newest.
  #order = "old"

  # What devices see of messages that a mail program has marked \Deleted and not expunged: hide
  # lists none of them, show lists them as Dovecot's and Cyrus' own POP3 does. Choose show while
  # accounts move from such a server, or these messages vanish for devices.
  # Default: "hide". One of hide, show.
  struck_out = "hide"

  # What a device gets for a message that its upstream still has and cannot give, while it gives
  # others: error is -ERR each time, placeholder a short message that says so, for programs that
  # stop at -ERR. A device that deletes the placeholder deletes the message; without that it is
  # neither seen nor deleted.
  # Default: "error". One of error, placeholder.
  unreadable = "error"

  # How much is read ahead of a device that retrieves in order. '0' is off.
  # Default: "1MB". Unit: octets.
  prefetch = "1MB"
}

# Which login goes where. The first route that matches wins; a login that no route matches is
# refused like a wrong password. Without any route, and with one upstream, every login goes there.
route {
  # The accounts that match, after default_domain, lowercase and removal of the device. '*' stands
  # for any run of characters, '@' and '.' included.
  # Default: "*". Unit: glob.
  user = "*"

  # The devices that match. A login that names none has the empty device.
  # Default: "*". Unit: glob.
  device = "*"

  # Only logins on this listener. Empty matches every listener.
  # Default: "".
  #listener = "pop3"

  # Only logins from these networks. Empty matches every client.
  # Default: []. Unit: networks.
  #client = ["10.0.0.0/8"]

  # The directory that is asked for what this route leaves open. Where it has no answer the next
  # route is tried; where it cannot be asked the login is refused with [SYS/TEMP].
  # Default: "".
  #lookup = "accounts"

  # The upstream that matching logins go to.
  # Default: the only upstream, where there is one.
  upstream = "mail"

  # The maildrop policy that matching logins get.
  # Default: "default".
  maildrop = "default"

  # The name to log in with upstream, if it is another: text with {user}, {local}, {domain} and
  # {device}. Empty is the account itself.
  # Default: "".
  #account = "{local}@new.example"

  # Which passwords let a login in: upstream passes the password on and lets the upstream decide;
  # device takes a password that 'popbridge account device add --password' has made for that device
  # alone; either takes both.
  # Default: "upstream". One of upstream, device, either.
  login = "upstream"

  # Names the device for logins that cannot carry a name.
  # Default: "".
  #as_device = "scanner"

  # What is done with a matching login: serve it, or refuse it like a wrong password.
  # Default: "serve". One of serve, refuse.
  action = "serve"
}

# A directory that knows where accounts go: a route with lookup = NAME asks it. There may be
# several, each with a name of its own.
lookup "accounts" {
  # What is asked: a file, an SQL database, an LDAP directory, or a service over HTTP.
  # Default: "file". One of file, sql, ldap, http.
  driver = "file"

  # Where it is: a file with lines 'ACCOUNT key=value …'; postgres://…, mysql://… or sqlite:FILE;
  # ldap://… or ldaps://…; http://… or https://…. A user and a password stand before the host, with
  # an '@' behind them.
  # Default: "". It is never shown, as it may hold a secret; instead, source_file may name a file to
  # read it from.
  source = "/etc/popbridge/accounts"
  #source_file = "/etc/popbridge/source"

  # With sql: the question, in which $1 is the account, $2 the device, $3 the listener and $4 the
  # address of the device. Columns are named upstream, host, account, maildrop, login and action;
  # others do not count. The first row is the answer, no row is none.
  # Default: "".
  #query = "SELECT upstream, account FROM routes WHERE name = $1"

  # With ldap: the entry below which is searched.
  # Default: "".
  #base = "ou=people,dc=example,dc=org"

  # With ldap: what is searched for, in which {user}, {local} and {domain} are the account and its
  # parts.
  # Default: "".
  #filter = "(mail={user})"

  # With ldap: which attribute of an entry holds what.
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

    # Which passwords let a login in.
    # Default: "".
    #login = "mailLogin"

    # Whether the login is served.
    # Default: "".
    #action = "mailAction"
  }

  # With http: json asks by GET with account, device, listener and client, and takes an object with
  # upstream, host, account, maildrop, login and action, or 404 for no answer; nginx is what nginx's
  # auth_http speaks, without a password.
  # Default: "json". One of json, nginx.
  style = "json"

  # How long an answer may take. Without one the login is refused with [SYS/TEMP], unless an older
  # answer may be used.
  # Default: "2s". Unit: duration. At least 1ms.
  timeout = "2s"

  # How long an answer is used again. A file is not cached: it is read again when it has changed.
  # Default: "60s". Unit: duration.
  cache = "60s"

  # How long it is used again that there was no answer.
  # Default: "10s". Unit: duration.
  negative_cache = "10s"

  # How old an answer may be that is used while the directory does not answer.
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

# What one service bears, and for how long it waits.
limits {
  # How many devices may be connected at once.
  # Default: 10000. Unit: connections. At least 1.
  connections = 10000

  # How many of them may come from one address.
  # Default: 50. Unit: connections. At least 1.
  connections_per_ip = 50

  # Networks to which connections_per_ip does not apply: load balancers, NAT gateways.
  # Default: []. Unit: networks.
  #connections_per_ip_exempt = ["192.0.2.0/24"]

  # The time from connecting to a successful login. Commands do not extend it.
  # Default: "1m". Unit: duration. At least 1s.
  login_timeout = "1m"

  # How many logins from one address may fail in failure_window; beyond it none is tried. An IPv6
  # address is its /64. A password that the same device has tried before is not counted again. 0
  # sets no limit.
  # Default: 20. Unit: failed logins.
  failures_per_ip = 20

  # Networks to which failures_per_ip does not apply: NAT gateways of many customers, a webmail
  # server.
  # Default: []. Unit: networks.
  #failures_per_ip_exempt = ["192.0.2.0/24"]

  # How many logins of one account may fail in failure_window, from wherever they come; beyond it no
  # password reaches the upstream but one that has succeeded before. 0 sets no limit.
  # Default: 10. Unit: failed logins.
  failures_per_account = 10

  # For how long failed logins count, from the first.
  # Default: "10m". Unit: duration. At least 1s.
  failure_window = "10m"

  # The longest that the answer to a failed login is held back. The first is answered at once, the
  # next after an eighth of it, then a quarter, then half. '0s' holds none back.
  # Default: "15s". Unit: duration.
  failure_delay = "15s"

  # How long a session may go without a command. RFC 1939 asks for at least ten minutes.
  # Default: "10m". Unit: duration. At least 1s.
  idle_timeout = "10m"

  # How many wrong commands in a row close the connection; before login three do.
  # Default: 20. Unit: commands. At least 1.
  bad_commands = 20

  # How much the whole service reads ahead of its devices. Beyond it they are served more slowly,
  # and not worse.
  # Default: "256MB". Unit: octets.
  prefetch_memory = "256MB"

  # How large a message may be that a device sends. It is announced, unless the submission server
  # takes less.
  # Default: "50MB". Unit: octets.
  message_size = "50MB"

  # How much mail may lie in the state folder, sent and not yet put into its mailbox. What there is
  # no room for is sent and not put there, unless upstream.submission.sent is always.
  # Default: "1GB". Unit: octets.
  spool_size = "1GB"

  # How long sessions may go on after the service was told to stop.
  # Default: "30s". Unit: duration.
  drain = "30s"
}

# What operators see of the running service, over HTTP: /metrics for Prometheus, /healthz and
# /readyz for whoever restarts it or sends devices to it. There is no password: whoever reaches the
# address reads it all.
metrics {
  # Where to serve HTTP. Empty serves none.
  # Default: "". Unit: host:port.
  #address = "127.0.0.1:9110"

  # Also serves Go's profiles under /debug/pprof/. They tell how the service works inside, and
  # taking one slows it down.
  # Default: false.
  pprof = false
}

# The trail of who did what: logins and refusals, messages retrieved, sent and deleted, and what
# operators change, as lines of JSON in a file. It never holds content or passwords. 'popbridge
# audit' reads it.
audit {
  # The file that lines are added to, for the service's user alone to read and write where it is
  # made anew. SIGHUP opens it again, so that it can be rotated. Empty: nothing is written down.
  # Default: "". Unit: file.
  #path = "/var/log/popbridge/audit.jsonl"

  # What happens where a line cannot be written: open goes on, says so in the log and leaves a line
  # about the gap; closed refuses what cannot be written down, with [SYS/TEMP], and writes a
  # deletion down before it is done as well as behind it.
  # Default: "open". One of open, closed.
  fail = "open"
}
