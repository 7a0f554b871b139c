log = "debug"

login {
  lowercase      = 1
  default_domain = 7
}

state {
  source = 5
}

listener "pop3" {
  address            = null
  plaintext_auth     = ["true"]
  plaintext_networks = "10.0.0.0/8"
}

upstream "mail" {
  address         = ["imap.example.org:993"]
  max_connections = "7"
  parked          = 2.5
  timeout         = true
}

maildrop "default" {
  on_delete {
    with = "care"
  }
}

route {
  client = ["10.0.0.0/8", 11]
}
