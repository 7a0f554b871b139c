package pop3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// Capabilities are what a server has announced with CAPA (RFC 2449). The zero
// value is a server that does not know the command.
type Capabilities struct{ tags map[string]string }

// Known reports whether the server has announced anything at all.
func (c Capabilities) Known() bool { return c.tags != nil }

// Has reports whether a tag was announced; it is in upper case.
func (c Capabilities) Has(tag string) bool {
	_, ok := c.tags[tag]
	return ok
}

// Mechanism reports whether a SASL mechanism was announced (RFC 5034 §3).
func (c Capabilities) Mechanism(name string) bool {
	for _, m := range strings.Fields(c.tags["SASL"]) {
		if strings.EqualFold(m, name) {
			return true
		}
	}
	return false
}

// maxCapabilities bounds the lines of CAPA's answer.
const maxCapabilities = 200

// Capabilities asks with CAPA, once for each state of the session. That a server
// does not know the command is no error.
func (c *Client) Capabilities(ctx context.Context) (Capabilities, error) {
	if c.capsAsked {
		return c.caps, nil
	}
	tags := make(map[string]string)
	err := c.do(ctx, func() error {
		if err := c.command("CAPA", "CAPA"); err != nil {
			return err
		}
		if err := c.reply("CAPA"); err != nil {
			return err
		}
		lines := 0
		return c.list(func(line []byte) error {
			tag, arguments, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
			if lines++; lines > maxCapabilities {
				return fmt.Errorf("%w: more than %d capabilities", ErrProtocol, maxCapabilities)
			}
			tags[upper(tag)] = arguments
			return nil
		})
	})
	var refused *ReplyError
	if err != nil && !errors.As(err, &refused) {
		return Capabilities{}, err
	}
	c.capsAsked = true
	if err == nil {
		c.caps = Capabilities{tags}
	}
	return c.caps, nil
}

// enter begins another state of the session: TLS, or a login. Capabilities may
// differ there (RFC 2449 §5).
func (c *Client) enter() { c.caps, c.capsAsked = Capabilities{}, false }

// ErrInjected says that a server's octets after STLS came before TLS, where
// anybody on the way may have put them (RFC 2595 §4).
var ErrInjected = errors.New("data came after the answer to STLS and before TLS: someone may have injected it")

// StartTLS asks for TLS and shakes hands. What was known of the server before is
// forgotten.
func (c *Client) StartTLS(ctx context.Context, config *tls.Config) error {
	return c.do(ctx, func() error {
		if err := c.command("STLS", "STLS"); err != nil {
			return err
		}
		if err := c.reply("STLS"); err != nil {
			return err
		}
		if c.r < c.w {
			return ErrInjected
		}
		tc := tls.Client(c.nc, config)
		if err := c.deadline(); err != nil {
			return err
		}
		if err := tc.HandshakeContext(ctx); err != nil {
			return err
		}
		c.nc = tc
		c.enter()
		return nil
	})
}

// Login sends USER and PASS (RFC 1939 §7), one after the other: a server may
// refuse the name.
func (c *Client) Login(ctx context.Context, user, password string) error {
	if strings.ContainsAny(user+password, "\r\n\x00") {
		return ErrUnsendable
	}
	c.keep(password)
	err := c.do(ctx, func() error {
		if err := c.command("USER "+user, "USER "+user); err != nil {
			return err
		}
		if err := c.reply("USER"); err != nil {
			return err
		}
		if err := c.command("PASS "+password, "PASS ***"); err != nil {
			return err
		}
		return c.reply("PASS")
	})
	if err == nil {
		c.enter()
	}
	return err
}

// UTF8 says that messages may hold UTF-8 in their headers (RFC 6856 §2). It has to
// come before the login.
func (c *Client) UTF8(ctx context.Context) error { return c.simple(ctx, "UTF8") }

// Noop asks for nothing but an answer.
func (c *Client) Noop(ctx context.Context) error { return c.simple(ctx, "NOOP") }

// Quit ends the session. In TRANSACTION nil means that the server has removed
// all that was marked (RFC 1939 §6); anything else leaves that open. The
// connection is to be closed.
func (c *Client) Quit(ctx context.Context) error { return c.simple(ctx, "QUIT") }

func (c *Client) simple(ctx context.Context, verb string) error {
	return c.do(ctx, func() error {
		if err := c.command(verb, verb); err != nil {
			return err
		}
		return c.reply(verb)
	})
}
