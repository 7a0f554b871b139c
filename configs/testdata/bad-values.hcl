log {
  level = "verbose"
}

state {
  driver = "postgres"
}

login {
  default_domain   = "@example.org"
  device_separator = "@"
}

listener "pop3" {
  address            = ":110"
  plaintext_auth     = true
  plaintext_networks = ["everyone"]
}

upstream "mail" {
  address         = "imap.example.org:993"
  protocol        = "pop2"
  timeout         = "30"
  reuse           = "5 minutes"
  reauth          = "-1m"
  max_connections = -2
}

upstream "big" {
  address = "imap.example.org:993"
  parked  = 99999999999999999999
  timeout = "0s"
}

maildrop "default" {
  mailbox       = "\\Spam"
  on_delete     = "delete"
  trash_mailbox = "\\Trash"
  unique_id     = "openwave"
  lock          = "mailbox"
  prefetch      = "1 megabyte"
}

maildrop "two" {
  mailbox   = ""
  prefetch  = "9999999999GB"
  on_delete = "expunge\nnow"
}

maildrop "three" {
  mailbox  = "IN\nBOX"
  prefetch = "-1MB"
}

route {
  user     = "[a-"
  upstream = "mail"
  account  = "{name}@new.example"
}

route {
  user     = "a*"
  upstream = "mail"
  account  = "{local@new.example"
  action   = "deny"
  expect   = "1d"
}

limits {
  bad_commands = 0
  idle_timeout = "1d"
}
