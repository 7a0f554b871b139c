package servers

import (
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Tokens has a Dovecot check access tokens that are JWTs by itself, without asking
// anybody (introspection_mode = local).
type Tokens struct {
	// KeyID and Key are the public key, in PEM, that RS256 tokens are signed with.
	KeyID string
	Key   []byte
	// User is what the token's "sub" has to be, as a format of Dovecot's: "%u" is
	// the login. A server that lets an application open every mailbox wants the
	// application's name there.
	User string
}

// MasterSeparator stands between the login and the master user, as Dovecot's
// documentation proposes it.
const MasterSeparator = "*"

// authentication writes what o says of it, and the files that it needs. Master
// users have to come before all others.
func (o Dovecot) authentication(t testing.TB, dir string, line func(string, ...any)) {
	t.Helper()
	if o.Mechanisms != "" {
		line("auth_mechanisms = %s", o.Mechanisms)
	}
	if o.Masters != nil {
		write(t, filepath.Join(dir, "masters"), passwordFile(o.Masters), 0o644)
		line("auth_master_user_separator = %s", MasterSeparator)
		line("passdb {\n driver = passwd-file\n master = yes\n args = %s/masters\n default_fields = nodelay=y\n}", dir)
	}
	if o.Tokens == nil {
		return
	}
	keys := filepath.Join(dir, "keys", "default", "RS256")
	if err := os.MkdirAll(keys, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(keys, o.Tokens.KeyID), string(o.Tokens.Key), 0o644)
	write(t, filepath.Join(dir, "tokens"), fmt.Sprintf(
		"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\nusername_attribute = sub\nusername_format = %s\n", dir, o.Tokens.User), 0o644)
	line("passdb {\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = %s/tokens\n default_fields = nodelay=y\n}", dir)
}

// passwordFile is a passwd-file of Dovecot's. In base64 a password may hold ':',
// which separates its fields.
func passwordFile(users map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(users)) {
		fmt.Fprintf(&b, "%s:{PLAIN.b64}%s\n", name, base64.StdEncoding.EncodeToString([]byte(users[name])))
	}
	return b.String()
}

// DialToken is Dial with an access token (OAUTHBEARER).
func DialToken(t testing.TB, addr, login, token string) *Witness {
	t.Helper()
	return dial(t, addr, login, func(c *imapclient.Client) error {
		return c.Authenticate(sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: login, Token: token}))
	})
}
