listener "pop3" {
  address        = ":110"
  plaintext_auth = true
}

upstream "mail" {
  address = "imap.example.org:993"
  auth    = "oauth2"

  oauth2 "google" {
    flow = "jwt"
  }
}

upstream "other" {
  address = "imap.example.org:993"
  auth    = "oauth2"

  oauth2 {
    flow          = "client_credentials"
    token_url     = "https://login.example.org/token"
    client_id     = "popbridge"
    token_urls    = "twice"
    client_secret = "opensesame"
  }

  oauth2 {
    flow = "jwt"
  }
}

route {
  upstream = "other"
}
