package sasl

import "bytes"

// plain is RFC 4616's PLAIN.
type plain struct{ credential Credential }

// Next takes an identity, a user and a password. What stands behind the second NUL is
// the password, to its last octet: with one more NUL in it this is a login that is
// refused, and no slip of the form.
func (x *plain) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil
	}
	parts := bytes.SplitN(response, []byte{0}, 3)
	if len(parts) != 3 || len(parts[1]) == 0 {
		return nil, false, syntax("PLAIN needs an empty or equal identity, a user and a password, with a NUL between")
	}
	x.credential = WithPassword(string(parts[1]), string(parts[2]))
	if len(parts[0]) > 0 && !bytes.Equal(parts[0], parts[1]) {
		x.credential = Credential{Name: string(parts[1]), Never: errSomebodyElse}
	}
	return nil, true, nil
}

func (x *plain) Credential() Credential { return x.credential }

// login is the older mechanism LOGIN, with its two prompts.
type login struct {
	user       []byte
	asked      bool // for the password
	credential Credential
}

// Next takes the name, as an initial response too, then the password.
func (x *login) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case !x.asked:
		x.user, x.asked = bytes.Clone(response), true
		return []byte("Password:"), false, nil
	case len(x.user) == 0:
		return nil, false, syntax("the user name is empty")
	}
	x.credential = WithPassword(string(x.user), string(response))
	return nil, true, nil
}

func (x *login) Credential() Credential { return x.credential }
