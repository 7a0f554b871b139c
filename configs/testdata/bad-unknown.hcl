statistics {}
listner "pop3" {}

listener "pop3" {
  Address        = ":110"
  address        = ":110"
  plaintext_auth = true
  drain          = "3s"
  wholly_unknown = 1
}

upstream "mail" {
  address = "imap.example.org:993"
  cafile  = "x"

  pool {
    size = 3
  }
}

limits {
  idle_timout = "20m"
}
