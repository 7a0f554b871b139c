listener "pop3" {
  address = "127.0.0.1:110"
  plaintext_auth = yes
  apop = off
  tls = none
}
upstream "mail" {
  address = "imap.example.org:993"
}
maildrop "default" {
  visible = 30
}
