listener "pop3" {
  address        = ":${1 + 110}"
  plaintext_auth = 1 == 1
}

upstream "mail" {
  address = upper("imap.example.org:993")
  timeout = "${unknown}"
}

maildrop "default" {
  mailbox = var.mailbox
}

route {
  client = [var.network]
}

limits {
  bad_commands = 1 / 0
}
