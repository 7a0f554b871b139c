package upstream

import (
	"errors"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Credential is what a login at an upstream is made with.
type Credential uint8

// The credentials.
const (
	// PasswordShown is the device's password, as it came.
	PasswordShown Credential = iota
	// PasswordProven is the device's password, which SCRAM does not show.
	PasswordProven
	// DeviceToken is the access token that the device brought.
	DeviceToken
	// OwnToken is an access token that popbridge gets.
	OwnToken
	// MasterUser is popbridge's own name and password, for the account.
	MasterUser
)

// Choose says what to log in with: what the device brought, else what upstream.auth
// says. With a master user too, who gives another password than a device's own has to
// show it to the server. Its errors are Refusals.
func Choose(r backend.Request) (Credential, error) {
	auth := r.Upstream.Auth
	switch {
	case strings.ContainsAny(r.Account+r.Password.Reveal(), "\x00\r\n"):
		return 0, translate.BadCredentials(errors.New("the name or the password holds NUL, CR or LF"))
	case !r.Bearer.Empty():
		return DeviceToken, nil
	case auth == configs.AuthOAuth2 && !r.Password.Empty():
		return 0, translate.BadCredentials(ErrUnproven)
	case auth == configs.AuthOAuth2:
		return OwnToken, nil
	case auth == configs.AuthMaster && r.Password.Empty():
		return MasterUser, nil
	case r.Password.Empty():
		return 0, translate.BadCredentials(errors.New("there is no password to log in with upstream"))
	case auth == configs.AuthSCRAM:
		return PasswordProven, nil
	}
	return PasswordShown, nil
}
