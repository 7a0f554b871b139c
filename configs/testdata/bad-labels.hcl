log "main" {}

listener {
  address = ":110"
}

listener "POP3" {
  address = ":110"
}

listener "pop3" "tls" {
  address = ":110"
}

upstream "imap.example.org" {
  address = "imap.example.org:993"
}

maildrop "" {}

maildrop "1st" {}

route "first" {}
