log {
  level  = "debug"
  format = "json"
}

state {
  driver = "postgres"
  source = "host=db.example.org password=opensesame"

  journal_keep = "90d"

  secrets_key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
}

login {
  default_domain   = "example.org"
  lowercase        = false
  device_separator = "+"
  devices          = "known"
}

listener "pop3" {
  protocol           = "smtp"
  pop_before_smtp    = "10m"
  address            = "127.0.0.1:1110"
  tls                = "implicit"
  certificate        = "cert.pem"
  key                = "key.pem"
  certificates       = ["both.pem"]
  tls_profile        = "legacy"
  plaintext_auth     = true
  plaintext_networks = ["192.0.2.0/24", "2001:db8::1"]
  allow              = ["10.0.0.0/8"]
  deny               = ["10.9.0.0/16", "2001:db8::/32"]
  proxy_protocol     = ["192.0.2.10"]
  last               = true
  apop               = true
  client_ca_file     = "cert.pem"
}

listener "plain" {
  address = "127.0.0.1:1111"
}

upstream "mail" {
  address         = "mail.example.org:143"
  tls             = "starttls"
  ca_file         = "cert.pem"
  tls_profile = "legacy"
  timeout         = "1m30s"
  reuse           = "0s"
  reauth          = "1h"
  parked          = 10
  max_connections = 7

  auth             = "master"
  master_user      = "popbridge"
  master_password  = "opensesame"
  master_separator = "*"
  verify_login     = "other"
  send_client_ip   = true
  ignore           = ["NAMESPACE", "AUTH=PLAIN"]
  legacy_charset   = "latin1"

  oauth2 {
    flow          = "device"
    token_url     = "https://login.example.org/token"
    device_url    = "https://login.example.org/device"
    client_id     = "popbridge"
    client_secret = "opensesame"
    client_secret_expires = "2027-01-31"
    scopes        = ["imap", "offline_access"]
    key_file      = "none.json"
    tenant        = "example.org"
    auth_url      = "https://login.example.org/authorize"
    client_certificate    = "client.pem"
    client_key            = "client.key"
    client_assertion_file = "assertion"
    ca_file       = "cert.pem"
    mechanism     = "oauthbearer"
  }
  submission {
    address       = "smtp.example.org:587"
    tls           = "starttls"
    sender        = "rewrite"
    aliases       = ["info@{domain}"]
    sent          = "never"
    sent_mailbox  = "Gesendet"
    sent_retry    = "2h"
    bare_newlines = "mend"
  }
  protocol         = "pop3"
  provider         = "fastmail"
}

upstream "other" {
  address = "localhost:144"
  tls     = "none"
}

maildrop "default" {
  mailbox         = ["\\Junk", "Orders/*"]
  on_delete       = "hide"
  trash_full      = "keep"
  trash_mailbox   = "Deleted Items"
  archive_mailbox = "Körbe"
  unique_id       = "%08Xv%08Xu"
  lock            = "none"
  lock_takeover   = "2m"
  prefetch        = "512KB"
  first_login     = "new"
  order           = "uid"
  exclude         = ["Orders/Archive"]
  max_mailboxes   = 20
  search          = "NOT KEYWORD done"
  max_size        = "10MB"
  visible         = "30d"
  max_messages    = 500
  delete_guard    = "100 50%"
  struck_out      = "show"
  unreadable      = "placeholder"
  identity_hold   = "6h"
}

maildrop "scan-2" {
  on_retrieve = "nothing"
}

lookup "accounts" {
  driver         = "ldap"
  source         = "ldaps://ldap.example.org"
  query          = "SELECT upstream FROM routes WHERE name = $1"
  base           = "ou=people,dc=example,dc=org"
  filter         = "(mail={user})"
  style          = "nginx"
  timeout        = "3s"
  cache          = "61s"
  negative_cache = "11s"
  stale          = "2h"
  attributes = {
    upstream = "mailUpstream"
    host     = "mailHost"
    account  = "uid"
    maildrop = "mailPolicy"
    login    = "mailLogin"
    action   = "mailAction"
  }
}

route {
  lookup    = "accounts"
  user      = "*@{example,example2}.org"
  device    = "scan*"
  listener  = "pop3"
  client    = ["10.0.0.0/8", "192.0.2.7"]
  upstream  = "other"
  maildrop  = "scan-2"
  account   = "{local}@new.example"
  login     = "device"
  as_device = "scanner"
  expect    = "auto"
  action    = "refuse"
}

route {
  upstream = "mail"
  login    = "device"
}

limits {
  connections               = 5
  connections_per_ip        = 2
  connections_per_ip_exempt = ["192.0.2.0/24"]
  failures_per_ip           = 9
  failures_per_ip_exempt    = ["192.0.2.0/24"]
  failures_per_account      = 0
  failure_window            = "1h"
  failure_delay             = "0s"
  login_timeout             = "30s"
  idle_timeout              = "20m"
  bad_commands              = 3
  prefetch_memory           = "64MB"
  message_size = "20MB"
  spool_size = "100MB"
  shutdown_delay            = "1s"
  drain                     = "0s"
}

metrics {
  address = "127.0.0.1:9110"
  pprof   = true
}

admin {
  address     = "127.0.0.1:9111"
  certificate = "cert.pem"
  key         = "key.pem"
  password    = "opens every account's devices"
  tokens      = "monitoring read 0123456789abcdef0123456789abcdef"
  session     = "1h"
  url         = "https://popbridge.example.org/"
}

notify {
  webhook      = "https://hooks.example.org/popbridge"
  secret       = "what nobody knows at all"
  min_interval = "10m"
}

telemetry {
  otlp    = "https://collector.example.org/traces"
  headers = "Authorization: Bearer abc"
  sample  = 10
}

audit {
  path = "audit.jsonl"
  fail = "closed"
}
