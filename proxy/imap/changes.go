package imap

// Changes is what the server has told unasked of the selected mailbox. It says that something changed, not what:
// who wants to know lists again.
type Changes struct {
	Exists   uint32 // the number of messages, as last told
	Arrived  uint32 // how many came since, as far as EXISTS tells
	Expunged int    // how often EXPUNGE or VANISHED has come
	Dirty    bool   // EXISTS, EXPUNGE, VANISHED, or FETCH with FLAGS has come
}

// Changes gives what has been told since ResetChanges.
func (c *Conn) Changes() Changes { return c.changes }

// ResetChanges forgets what has been told.
func (c *Conn) ResetChanges() { c.changes = Changes{Exists: c.exists} }
