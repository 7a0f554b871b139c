package pop3

import "strings"

const (
	redacted = "<redacted>"
	// minReplaced is the length from which a secret is replaced where it stands, in
	// octets. A shorter one takes the whole text with it: what is left when each "a"
	// is replaced would spell it out.
	minReplaced = 4
)

// keep notes what a server must not be quoted with, for as long as the connection
// lives: it may repeat a password in any reply to come. The longest stand first,
// since an encoded one may hold another.
func (c *Client) keep(secrets ...string) { c.secrets = secrets }

// quotable is a server's text with the secrets left out.
func (c *Client) quotable(text string) string {
	for _, secret := range c.secrets {
		switch {
		case !strings.Contains(text, secret):
		case len(secret) < minReplaced:
			return redacted
		default:
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	return text
}
