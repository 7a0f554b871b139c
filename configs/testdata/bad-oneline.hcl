listener "pop3" {
  address = ":110"
}
upstream "mail" {
  address = "imap.example.org:993"
}
route { user = "*" upstream = "mail" }
