state {
  secrets_key = <<EOT
000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
opensesame
EOT
}

listener "pop3" {
  address        = ":110"
  plaintext_auth = true
}

upstream "mail" {
  address = "imap.example.org:993"
}
