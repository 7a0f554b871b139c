package pop3box

// Wanted reports whether another login waits for a mailbox that yields.
func Wanted(m *Mailbox) bool { return m.yielded() }
