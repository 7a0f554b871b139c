listener "pop3" {
  address        = ":110"
  plaintext_auth = true
}

upstream "mail" {
  address = "imap.example.org:993"
}

maildrop "empty" {
  mailbox = []
}

maildrop "names" {
  mailbox = ["INBOX", "", "\\Spam", "Orders/*", "inbox", "Orders/*"]
  exclude = ["", "\\Spam", "a", "a"]
}

maildrop "types" {
  mailbox = ["INBOX", 7]
  exclude = "Junk"
  search  = ["UNSEEN"]
}

maildrop "many" {
  mailbox       = ["INBOX", "a", "b", "c%"]
  max_mailboxes = 2
}

maildrop "trash" {
  mailbox = ["INBOX", "\\Trash"]
}

maildrop "archive" {
  mailbox         = ["INBOX", "Old", "Archive"]
  on_delete       = "archive"
  archive_mailbox = "Archive"
}

maildrop "inbox" {
  mailbox       = ["inbox", "Junk"]
  trash_mailbox = "INBOX"
}

maildrop "exclude" {
  exclude = ["Junk"]
}

maildrop "both" {
  mailbox = ["INBOX", "Junk", "*"]
  exclude = ["Drafts", "Junk"]
}

maildrop "key" {
  search = "FORM bank.example"
}

maildrop "date" {
  search = "NOT SINCE 2026-02-01"
}

maildrop "unread" {
  search   = "UNSEEN"
  max_size = "ten"
  order    = "size"
}

maildrop "single" {
  mailbox       = "\\Trash"
  search        = ""
  exclude       = []
  max_mailboxes = 100
  max_size      = "0"
  order         = "old"
}
