log {
  level = "info"
  level = "debug"
}

log {
  format = "text"
}

listener "pop3" {
  address        = ":110"
  plaintext_auth = true
}

listener "pop3" {
  address = ":111"
}

upstream "mail" {
  address = "imap.example.org:993"
}
upstream = {}

limits {
  nonsense = 1
}
