package upstream

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// MasterNames gives the names that the master user logs in with for the account:
// an authorization identity and its own name, or, where the server has a
// separator, both in one. An account that holds the separator would be read as
// another one, with another master user.
func MasterNames(r backend.Request) (identity, user string, err error) {
	separator := r.Upstream.MasterSeparator
	switch {
	case r.Account == "":
		return "", "", translate.BadCredentials(errors.New("there is no account to log in to as a master user"))
	case separator == "":
		return r.Account, r.Upstream.MasterUser, nil
	case strings.Contains(r.Account, separator):
		return "", "", translate.BadCredentials(fmt.Errorf("the account holds the master_separator %q", separator))
	}
	return "", r.Account + separator + r.Upstream.MasterUser, nil
}

// ownSecret names the credential that popbridge itself logs in with; empty where it is
// the device's.
func ownSecret(r backend.Request) string {
	u := r.Upstream
	switch {
	case !r.Password.Empty() || !r.Bearer.Empty():
		return ""
	case u.Auth == configs.AuthMaster:
		return fmt.Sprintf("master user %q (master_user, master_password)", u.MasterUser)
	case u.Auth == configs.AuthOAuth2:
		return fmt.Sprintf("popbridge's access token (oauth2, flow = %s, client_id = %q)", u.OAuth2.Flow, u.OAuth2.ClientID)
	}
	return ""
}

// TryPassword logs in with the password that the device gave, as it came. One that is
// not UTF-8 is tried once more where wrong says that the server refuses it, and the
// operator says what it may be (upstream.legacy_charset): devices of the nineties send
// Latin-1, and servers of today compare with UTF-8. recodedFirst is for one that was
// right in UTF-8 before, so that a server does not see a failed login before each good
// one. It reports whether the last try was in UTF-8.
func TryPassword(r backend.Request, recodedFirst bool, try func(password string) error, wrong func(error) bool) (recoded bool, err error) {
	inUTF8, ok := recode(r)
	if ok && recodedFirst {
		return true, try(inUTF8)
	}
	if err = try(r.Password.Reveal()); err == nil || !ok || !wrong(err) {
		return false, err
	}
	return true, try(inUTF8)
}

// recode gives the password in UTF-8, where it is not and upstream.legacy_charset
// says what it may be.
func recode(r backend.Request) (password string, ok bool) {
	octets := r.Password.Reveal()
	if r.Upstream.LegacyCharset != configs.LegacyLatin1 || utf8.ValidString(octets) {
		return "", false
	}
	runes := make([]rune, len(octets))
	for i := range len(octets) {
		runes[i] = rune(octets[i])
	}
	return string(runes), true
}
