upstream "mail" {
  address = "imap.example.org:993
}
