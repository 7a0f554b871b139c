package pop3

import (
	"context"
	"encoding/base64"
	"strings"
)

// maxAuth is the longest command line that holds an initial response (RFC 5034
// §4); a longer one waits for the server's "+".
const maxAuth = 253

// AuthPlain logs in with AUTH PLAIN (RFC 4616). on names the account to act for,
// where that is another than user's own: a master user. Empty is the user's own.
func (c *Client) AuthPlain(ctx context.Context, on, user, password string) error {
	if strings.ContainsAny(on+user+password, "\r\n\x00") {
		return ErrUnsendable
	}
	return c.authenticate(ctx, "PLAIN", on+"\x00"+user+"\x00"+password, password, nil)
}

// AuthToken logs in with an access token that stands in the initial response of a
// mechanism. A server that refuses it may say why in a challenge (RFC 7628 §3.2.2):
// why is called with it, and gives what acknowledges that.
func (c *Client) AuthToken(ctx context.Context, mechanism, initial, token string, why func(challenge []byte) string) error {
	return c.authenticate(ctx, mechanism, initial, token, why)
}

// authenticate is AUTH with one response of ours (RFC 5034 §4). A server without
// initial responses asks for it as well, by an empty challenge. What else it asks is
// for why, once.
func (c *Client) authenticate(ctx context.Context, mechanism, initial, secret string, why func([]byte) string) error {
	response := base64.StdEncoding.EncodeToString([]byte(initial))
	c.keep(response, secret)
	err := c.do(ctx, func() error {
		line, shown := "AUTH "+mechanism, "AUTH "+mechanism+" ***"
		sent := len(line)+1+len(response) <= maxAuth
		if sent {
			line += " " + response
		}
		if err := c.command(line, shown); err != nil {
			return err
		}
		answer, err := c.line()
		if challenge, asked := challenged(answer); err == nil && asked && (!sent || why == nil || len(challenge) == 0) {
			if err = c.command(response, "***"); err == nil {
				answer, err = c.line()
			}
		}
		if challenge, asked := challenged(answer); err == nil && asked && why != nil {
			if err = c.command(base64.StdEncoding.EncodeToString([]byte(why(challenge))), "***"); err == nil {
				answer, err = c.line()
			}
		}
		if err != nil {
			return err
		}
		_, err = c.judge("AUTH", answer)
		return err
	})
	if err == nil {
		c.enter()
	}
	return err
}

// challenged reads a line as a challenge; one that is not in base64 is given as it is.
func challenged(line []byte) (challenge []byte, ok bool) {
	text, ok := strings.CutPrefix(string(line), "+")
	if !ok || text != "" && text[0] != ' ' {
		return nil, false
	}
	text = strings.TrimSpace(text)
	challenge, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		challenge = []byte(text)
	}
	return challenge, true
}
