package liars

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// carry lets a command take effect and gives the whole honest answer.
func (c *conn) carry(tag, command string) string {
	args := words(command)
	verb := ""
	if len(args) > 0 {
		verb = strings.ToUpper(args[0])
		args = args[1:]
	}
	switch verb {
	case "AUTHENTICATE":
		// It reads on, so it cannot hold the lock.
		return c.logIn(tag, c.authenticate(args))
	case "LOGIN":
		return c.logIn(tag, len(args) == 2 && args[0] != "" && c.s.opens(args[1]))
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	ok := tag + " OK done\r\n"
	switch verb {
	case Greeting:
		return "* OK [CAPABILITY " + c.caps() + "] ready\r\n"
	case "CAPABILITY":
		return "* CAPABILITY " + c.caps() + "\r\n" + ok
	case "NOOP", "ENABLE", "ID":
		return ok
	case "LOGOUT":
		return "* BYE bye\r\n" + ok
	case "STARTTLS":
		if c.s.o.TLS == nil || c.secured {
			return tag + " BAD no TLS\r\n"
		}
		c.upgrade = true
		return ok
	}
	if !c.loggedIn {
		return tag + " BAD log in first\r\n"
	}
	switch verb {
	case "NAMESPACE":
		return "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n" + ok
	case "LIST":
		return c.list() + ok
	case "CREATE":
		return c.create(tag, args)
	case "STATUS":
		return c.status(tag, args)
	case "SELECT", "EXAMINE":
		return c.choose(tag, args, verb == "EXAMINE")
	}
	if c.selected == nil {
		return tag + " BAD select first\r\n"
	}
	switch verb {
	case "EXPUNGE", "CLOSE":
		c.selected.Remove(func(m *Message) bool { return m.Has(`\Deleted`) })
		return ok
	case "UID":
		if len(args) >= 2 {
			return c.uid(tag, strings.ToUpper(args[0]), args[1], args[2:])
		}
	}
	return tag + " BAD unknown command\r\n"
}

func (c *conn) logIn(tag string, right bool) string {
	if !right {
		return tag + " NO [AUTHENTICATIONFAILED] " + Words + "\r\n"
	}
	c.loggedIn = true
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.logins++
	return tag + " OK [CAPABILITY " + c.caps() + "] done\r\n"
}

func (c *conn) caps() string {
	caps := append([]string{"IMAP4rev1", "AUTH=PLAIN", "SASL-IR", "NAMESPACE"}, c.s.o.Caps...)
	if c.s.o.TLS != nil && !c.secured {
		caps = append(caps, "STARTTLS")
	}
	return strings.Join(caps, " ")
}

func (c *conn) list() string {
	var b strings.Builder
	for _, box := range c.s.mail.Boxes {
		fmt.Fprintf(&b, "* LIST (%s) \"/\" %q\r\n", box.Use, box.Name)
	}
	return b.String()
}

func (c *conn) create(tag string, args []string) string {
	if len(args) == 0 || c.s.mail.Box(args[0]) != nil {
		return tag + " NO [ALREADYEXISTS] " + Words + "\r\n"
	}
	c.s.mail.Boxes = append(c.s.mail.Boxes, &Mailbox{Name: args[0], UIDValidity: 90 + uint32(len(c.s.mail.Boxes)), UIDNext: 1})
	return tag + " OK made\r\n"
}

func (c *conn) status(tag string, args []string) string {
	box := c.s.mail.Box(args[0])
	if box == nil {
		return tag + " NO [NONEXISTENT] " + Words + "\r\n"
	}
	return fmt.Sprintf("* STATUS %q (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)\r\n%s OK done\r\n",
		box.Name, len(box.Messages), box.UIDNext, box.UIDValidity, tag)
}

func (c *conn) choose(tag string, args []string, readOnly bool) string {
	c.selected = nil
	box := c.s.mail.Box(args[0])
	if box == nil {
		return tag + " NO [NONEXISTENT] " + Words + "\r\n"
	}
	c.selected, c.readOnly = box, readOnly
	permanent := c.s.o.Permanent
	if permanent == "" {
		permanent = `\Answered \Flagged \Deleted \Seen \Draft \*`
	}
	mode := "READ-WRITE"
	if readOnly {
		mode = "READ-ONLY"
	}
	return fmt.Sprintf("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\n* OK [PERMANENTFLAGS (%s)] ok\r\n%s OK [%s] done\r\n",
		len(box.Messages), box.UIDValidity, box.UIDNext, permanent, tag, mode)
}

// uid carries out the UID commands.
func (c *conn) uid(tag, verb, set string, args []string) string {
	box, ok := c.selected, tag+" OK done\r\n"
	last := uint32(0)
	if n := len(box.Messages); n > 0 {
		last = box.Messages[n-1].UID
	}
	if verb == "SEARCH" {
		return c.search(strings.Join(append([]string{set}, args...), " ")) + ok
	}
	in := member(set, last)
	if c.readOnly && verb != "FETCH" && verb != "COPY" {
		return tag + " NO [NOPERM] " + Words + "\r\n"
	}
	switch verb {
	case "FETCH":
		return c.fetch(in, strings.Join(args, " ")) + ok
	case "STORE":
		c.store(in, args[0], strings.Fields(strings.Trim(args[1], "()")))
		return ok
	case "EXPUNGE":
		return expunged(box.Remove(func(m *Message) bool { return in(m.UID) && m.Has(`\Deleted`) })) + ok
	case "COPY", "MOVE":
		to := c.s.mail.Box(args[0])
		if to == nil {
			return tag + " NO [TRYCREATE] " + Words + "\r\n"
		}
		for _, m := range box.Messages {
			if in(m.UID) {
				copied := to.Add(m.Text)
				copied.Date = m.Date
				copied.Flags = append([]string(nil), m.Flags...)
			}
		}
		if verb == "MOVE" {
			return expunged(box.Remove(func(m *Message) bool { return in(m.UID) })) + ok
		}
		return ok
	}
	return tag + " BAD unknown command\r\n"
}

func expunged(numbers []int) string {
	var b strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&b, "* %d EXPUNGE\r\n", n)
	}
	return b.String()
}

func (c *conn) search(keys string) string {
	var b strings.Builder
	b.WriteString("* SEARCH")
	if set, byUID := strings.CutPrefix(keys, "UID "); byUID {
		in := member(set, 0)
		for _, m := range c.selected.Messages {
			if in(m.UID) {
				fmt.Fprintf(&b, " %d", m.UID)
			}
		}
		return b.String() + "\r\n"
	}
	for _, m := range c.selected.Messages {
		if keys == "ALL" || m.Has(`\Deleted`) || m.Has("$POP3Deleted") {
			fmt.Fprintf(&b, " %d", m.UID)
		}
	}
	return b.String() + "\r\n"
}

func (c *conn) store(in func(uint32) bool, how string, flags []string) {
	for _, m := range c.selected.Messages {
		if !in(m.UID) {
			continue
		}
		for _, f := range flags {
			if strings.HasPrefix(how, "-") {
				m.clear(f)
			} else {
				m.Set(f)
			}
		}
	}
}

var headerFields = regexp.MustCompile(`BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]`)

var partial = regexp.MustCompile(`BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?`)

func (c *conn) fetch(in func(uint32) bool, items string) string {
	var b strings.Builder
	for i, m := range c.selected.Messages {
		if !in(m.UID) {
			continue
		}
		fmt.Fprintf(&b, "* %d FETCH (UID %d", i+1, m.UID)
		if strings.Contains(items, "FLAGS") {
			fmt.Fprintf(&b, " FLAGS (%s)", strings.Join(m.Flags, " "))
		}
		if strings.Contains(items, "RFC822.SIZE") {
			fmt.Fprintf(&b, " RFC822.SIZE %d", len(m.Text))
		}
		if strings.Contains(items, "INTERNALDATE") {
			fmt.Fprintf(&b, " INTERNALDATE %q", m.Date)
		}
		if fields := headerFields.FindStringSubmatch(items); fields != nil {
			header := m.header(strings.Fields(fields[1]))
			fmt.Fprintf(&b, " BODY[HEADER.FIELDS (%s)] {%d}\r\n%s", fields[1], len(header), header)
		}
		if strings.Contains(items, "BODY.PEEK[HEADER]") {
			header, _, _ := strings.Cut(m.Text, "\r\n\r\n")
			fmt.Fprintf(&b, " BODY[HEADER] {%d}\r\n%s\r\n\r\n", len(header)+4, header)
		}
		if part := partial.FindStringSubmatch(items); part != nil {
			text, origin := m.Text, ""
			if part[1] != "" {
				from, _ := strconv.Atoi(part[1])
				length, _ := strconv.Atoi(part[2])
				from = min(from, len(text))
				text = text[from:min(len(text), from+length)]
				origin = "<" + part[1] + ">"
			}
			fmt.Fprintf(&b, " BODY[]%s {%d}\r\n%s", origin, len(text), text)
		}
		b.WriteString(")\r\n")
	}
	return b.String()
}
