# Ten mistakes, all of which have to be reported at once.
log {
  levle = "debug"
}

listener "pop3" {
  address            = "110"
  plaintext_auth     = true
  plaintext_networks = ["10.0.0.0/8", "192.168.0.1/16"]
}

upstream "mail" {
  tls     = "ssl"
  timeout = 30
}

maildrop "default" {
  unique_id = "%v"
}

route {
  user     = "*@{example.org"
  maildrop = "defualt"
}

limits {
  connections = -1
}
