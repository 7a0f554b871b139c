package liars

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// oldSession is one connection to an Old.
type oldSession struct {
	s       *Old
	nc      net.Conn
	user    string
	in      bool // logged in
	holding bool
	mail    []OldMessage // as numbered at login
	marked  map[int]bool
}

func (s *Old) serve(nc net.Conn) {
	raw := nc
	c := &oldSession{s: s, nc: nc}
	defer func() {
		s.mu.Lock()
		delete(s.conns, raw)
		if c.holding {
			s.held = false
		}
		s.mu.Unlock()
		_ = raw.Close()
	}()
	if s.o.Implicit {
		c.nc = tls.Server(nc, s.o.TLS)
	}
	if !c.answer("GREETING", nil) {
		return
	}
	lines := bufio.NewReader(c.nc)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		fields := strings.Fields(line)
		if len(fields) == 0 {
			fields = []string{""}
		}
		verb := strings.ToUpper(fields[0])
		s.mu.Lock()
		s.commands = append(s.commands, strings.TrimRight(line, "\r\n"))
		s.mu.Unlock()
		if !c.answer(verb, fields[1:]) {
			return
		}
		if verb == "STLS" && s.o.TLS != nil {
			c.nc = tls.Server(c.nc, s.o.TLS)
			lines = bufio.NewReader(c.nc)
		}
	}
}

// answer sends the truth or a lie, and reports whether the connection stays.
func (c *oldSession) answer(verb string, args []string) bool {
	lie := c.s.lie(verb)
	stay := verb != "QUIT"
	var reply string
	if lie == nil || lie.Carry || lie.CutAt > 0 {
		reply = c.carry(verb, args)
	}
	if lie != nil {
		if lie.CutAt > 0 {
			reply = reply[:min(len(reply), lie.CutAt)]
		} else {
			reply = lie.Say
		}
		stay = stay && !lie.Hangup
	}
	if _, err := c.nc.Write([]byte(reply)); err != nil {
		return false
	}
	return stay
}

// carry lets a command take its effect and gives the answer.
func (c *oldSession) carry(verb string, args []string) string {
	o := c.s.o
	refuse := func(text string) string { return "-ERR " + text + "\r\n" }
	switch verb {
	case "GREETING":
		return "+OK ready\r\n"
	case "CAPA":
		if o.Caps == nil {
			return refuse("unknown command")
		}
		return "+OK\r\n" + strings.Join(append(slices.Clone(o.Caps), ".\r\n"), "\r\n")
	case "STLS":
		if o.TLS == nil {
			return refuse("unknown command")
		}
		return "+OK begin TLS\r\n"
	case "USER":
		c.user = strings.Join(args, " ")
		return "+OK\r\n"
	case "PASS":
		return c.logIn(strings.Join(args, " "))
	case "QUIT":
		c.update()
		return "+OK bye\r\n"
	}
	if !c.in {
		return refuse("log in first")
	}
	switch verb {
	case "NOOP":
		return "+OK\r\n"
	case "RSET":
		clear(c.marked)
		return "+OK\r\n"
	case "LIST":
		return c.list(func(m OldMessage) string {
			if m.Octets == 0 {
				return strconv.Itoa(len(m.Text))
			}
			return strconv.Itoa(m.Octets)
		})
	case "UIDL":
		if o.NoUIDL {
			return refuse("unknown command")
		}
		return c.list(func(m OldMessage) string { return m.ID })
	case "TOP":
		if o.NoTOP {
			return refuse("unknown command")
		}
	case "RETR", "DELE":
	default:
		return refuse("unknown command")
	}
	n, _ := strconv.Atoi(args[0])
	if n < 1 || n > len(c.mail) || c.marked[n] {
		return refuse("no such message")
	}
	text := c.mail[n-1].Text
	switch verb {
	case "DELE":
		c.marked[n] = true
		return "+OK\r\n"
	case "TOP":
		header, body, _ := strings.Cut(text, "\r\n\r\n")
		lines, _ := strconv.Atoi(args[1])
		kept := strings.SplitAfter(body, "\r\n")
		text = header + "\r\n\r\n" + strings.Join(kept[:min(lines, len(kept))], "")
	}
	return "+OK\r\n" + stuff(text) + ".\r\n"
}

func stuff(text string) string {
	text = strings.ReplaceAll("\r\n"+text, "\r\n.", "\r\n..")[2:]
	if text != "" && !strings.HasSuffix(text, "\r\n") {
		text += "\r\n"
	}
	return text
}

func (c *oldSession) list(value func(OldMessage) string) string {
	var b strings.Builder
	b.WriteString("+OK\r\n")
	for i, m := range c.mail {
		if !c.marked[i+1] {
			fmt.Fprintf(&b, "%d %s\r\n", i+1, value(m))
		}
	}
	b.WriteString(".\r\n")
	return b.String()
}

func (c *oldSession) logIn(password string) string {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	switch {
	case c.user != "alice" || password != Password:
		return "-ERR [AUTH] no\r\n"
	case c.s.o.Locked && c.s.held:
		return "-ERR [IN-USE] locked\r\n"
	}
	c.s.held, c.holding = true, true
	c.s.sessions++
	c.in, c.mail, c.marked = true, slices.Clone(c.s.mail), make(map[int]bool)
	return "+OK\r\n"
}

// update removes what is marked, as far as it is still there.
func (c *oldSession) update() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for n := range c.marked {
		gone := c.mail[n-1]
		if i := slices.Index(c.s.mail, gone); i >= 0 {
			c.s.mail = slices.Delete(c.s.mail, i, i+1)
		}
	}
	if c.holding {
		c.s.held, c.holding = false, false
	}
}
