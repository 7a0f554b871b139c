state {
  source      = "state.db"
  secrets_key = "6162636465666768696a6b6c6d6e6f706162636465666768696a6b6c6d6e6f70"
}
listener "pop3" {
  address = ":110"
  apop    = true
}
listener "other" {
  address = ":111"
  apop    = true
}
upstream "mail" {
  address         = "imap.example.org:993"
  auth            = "master"
  master_user     = "popbridge"
  master_password = "opensesame"
}
upstream "own" {
  address = "imap.example.net:993"
}
route {
  listener = "other"
  upstream = "mail"
  login    = "device"
}
route {
  upstream = "own"
}
