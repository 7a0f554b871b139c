package proxy

import (
	"errors"
	"strings"

	"popbridge/configs"
	"popbridge/translate"
)

// offersBearer: a token is for the upstream to check, so no route that takes device
// passwords alone takes one. It is announced where an upstream is known to take
// tokens.
func (s *session) offersBearer() (usable, announced bool) {
	for _, r := range s.served() {
		if r.Login != configs.LoginDevice {
			usable = true
			announced = announced || s.config.Upstream[r.Upstream].Auth == configs.AuthOAuth2
		}
	}
	return usable, announced
}

var (
	errXOAUTH2     = &badCommand{translate.Refusal{Text: "XOAUTH2 needs a user and a token"}}
	errOAuthBearer = &badCommand{translate.Refusal{Text: "OAUTHBEARER needs a user and a token"}}
)

// What a device is told whose token was not accepted, before the -ERR (RFC 7628
// §3.2.2; Google and Microsoft send the like for XOAUTH2).
const (
	failedXOAUTH2     = `{"status":"401","schemes":"bearer","scope":""}`
	failedOAuthBearer = `{"status":"invalid_token","scope":""}`
)

// authXOAUTH2 is what Google and Microsoft have devices send, in one line or two.
func (s *session) authXOAUTH2(d dialogue) error {
	message, err := d.first("")
	if err != nil {
		return err
	}
	name, token, ok := readXOAUTH2(string(message))
	if !ok {
		return errXOAUTH2
	}
	return s.logInBearer(d, name, token, failedXOAUTH2)
}

// authOAuthBearer is RFC 7628.
func (s *session) authOAuthBearer(d dialogue) error {
	message, err := d.first("")
	if err != nil {
		return err
	}
	name, token, ok := readOAuthBearer(string(message))
	if !ok {
		return errOAuthBearer
	}
	return s.logInBearer(d, name, token, failedOAuthBearer)
}

// logInBearer lets the device hear what was wrong with its token, in a challenge
// whose answer says nothing.
func (s *session) logInBearer(d dialogue, name, token, failed string) error {
	err := s.logIn(name, credential{bearer: configs.NewSecret(token)})
	if err == nil || translate.Refuse(err).Code != translate.CodeAuth {
		return err
	}
	if _, answer := d.ask(failed); errors.As(answer, new(brokenBody)) {
		return answer
	}
	return err
}

// readXOAUTH2 takes "user=" name ^A "auth=Bearer " token ^A ^A apart.
func readXOAUTH2(message string) (name, token string, ok bool) {
	name, rest, ok := strings.Cut(message, "\x01")
	name, named := strings.CutPrefix(name, "user=")
	if !ok || !named || name == "" {
		return "", "", false
	}
	token, ok = bearerIn(rest)
	return name, token, ok
}

// readOAuthBearer takes a GS2 header, which has to name the user, and key-value
// pairs apart (RFC 7628 §3.1).
func readOAuthBearer(message string) (name, token string, ok bool) {
	header, rest, ok := strings.Cut(message, "\x01")
	fields := strings.Split(header, ",")
	if !ok || len(fields) != 3 || fields[0] != "n" && fields[0] != "y" || fields[2] != "" {
		return "", "", false
	}
	name, named := strings.CutPrefix(fields[1], "a=")
	for i := 0; i < len(name); i++ {
		if name[i] == '=' && !strings.HasPrefix(name[i:], "=2C") && !strings.HasPrefix(name[i:], "=3D") {
			return "", "", false
		}
	}
	name = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(name)
	if !named || name == "" {
		return "", "", false
	}
	token, ok = bearerIn(rest)
	return name, token, ok
}

// bearerIn finds the one token in pairs of key, '=' and value, each with a ^A
// behind it, and a last ^A behind all. The token is made of printable ASCII
// (RFC 6750 §2.1), so that it cannot become anything else on its way upstream.
func bearerIn(pairs string) (token string, ok bool) {
	pairs, ok = strings.CutSuffix(pairs, "\x01\x01")
	if !ok {
		return "", false
	}
	for pair := range strings.SplitSeq(pairs, "\x01") {
		key, value, isPair := strings.Cut(pair, "=")
		if !isPair {
			return "", false
		}
		if key != "auth" {
			continue // host, port and what others may come
		}
		scheme, given, _ := strings.Cut(value, " ")
		given = strings.Trim(given, " ")
		if token != "" || !strings.EqualFold(scheme, "Bearer") || given == "" || strings.ContainsFunc(given, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", false
		}
		token = given
	}
	return token, token != ""
}
