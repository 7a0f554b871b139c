listener "pop3" {
  address = ":110"
  tls     = = "none"
}
unknown {}
