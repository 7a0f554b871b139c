listener "pop3" {
  address = ":110"
  plaintext_auth = true
}
upstream "mail" {
  address = "imap.example.org:993"
}
state {
  driver = "postgres"
  source_file = "testdata/nowhere"
}
