package sasl

import (
	"strings"

	"popbridge/configs"
)

// offerBearer: a token is for the upstream to check, so no route that takes device
// passwords alone takes one. It is announced where an upstream is known to take
// tokens.
func offerBearer(t Terms) (usable, announced bool) {
	for _, r := range t.Routes() {
		if r.Login != configs.LoginDevice {
			usable = true
			announced = announced || t.TakesToken(r.Upstream)
		}
	}
	return usable, announced
}

// bearerFormat is how a mechanism writes a name and a token.
type bearerFormat struct {
	mechanism string
	read      func(message string) (name, token string, ok bool)
	rejection string // see Credential.Rejection
}

// Devices hear what was wrong with a token in a challenge whose answer says nothing
// (RFC 7628 §3.2.2; Google and Microsoft send the like for XOAUTH2).
var (
	xoauth2     = bearerFormat{"XOAUTH2", readXOAUTH2, `{"status":"401","schemes":"bearer","scope":""}`}
	oauthBearer = bearerFormat{"OAUTHBEARER", readOAuthBearer, `{"status":"invalid_token","scope":""}`}
)

// bearer is XOAUTH2, which Google and Microsoft have devices send, and RFC 7628's
// OAUTHBEARER.
type bearer struct {
	format     bearerFormat
	credential Credential
}

func (x *bearer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil
	}
	name, token, ok := x.format.read(string(response))
	if !ok {
		return nil, false, syntax("%s needs a user and a token", x.format.mechanism)
	}
	x.credential = Credential{Name: name, Bearer: configs.NewSecret(token), Rejection: x.format.rejection}
	return nil, true, nil
}

func (x *bearer) Credential() Credential { return x.credential }

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
