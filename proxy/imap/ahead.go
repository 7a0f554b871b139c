package imap

// Ahead is a Fetch of all messages in the flight of a SELECT, which the server answers behind it (RFC 3501 §5.5).
type Ahead struct {
	Items Items
	// Opened is called when the mailbox is selected, before Each. Its error breaks the connection: nothing of the answer is read.
	Opened func(*Selected) error
	// Each is called as Fetch calls it.
	Each func(*Message) error
	// Err is what came of it, where SELECT gave no error: a refusal leaves the mailbox selected.
	Err error
}

// fetching is an Ahead in flight.
type fetching struct {
	*Ahead
	cmd *command // nil: there is none
}

// fetchBehind sends a Fetch without waiting for anything.
func (c *Conn) fetchBehind(a *Ahead) (f fetching, err error) {
	if a == nil {
		return f, nil
	}
	a.Err = nil
	l := c.command("UID FETCH").raw(" 1:* ")
	a.Items.write(l)
	f.Ahead = a
	f.cmd, err = c.send(l)
	return f, err
}

// readAhead reads what a Fetch behind a SELECT brings.
func (c *Conn) readAhead(f fetching, s *Selected) {
	if f.cmd == nil {
		return
	}
	if err := f.Opened(s); err != nil {
		f.Err = c.fail(err)
		return
	}
	g := &listing{want: f.Items.attributes(), torn: f.Items.Incomplete, each: f.Each}
	c.asked = asked{listing: g}
	c.responses = 0
	c.limit()
	if f.Err = c.await(f.cmd); f.Err == nil {
		f.Err = g.err
	}
}
