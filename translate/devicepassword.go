package translate

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"
)

// A device password is made here and never chosen: it is deviceLetters of
// deviceAlphabet, 138 random bits, so that nobody guesses it, however fast a
// verifier can be tried. The alphabet has what a keypad has, without i, l, o, 0
// and 1, which look like others.
const (
	deviceAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"
	deviceLetters  = 28
	deviceGroup    = 4
)

// MakeDevicePassword makes a new one, in the form that is hashed.
func MakeDevicePassword() string {
	// The largest multiple of the alphabet's length that an octet can hold: what
	// lies above would make some letters likelier than others.
	const fair = 256 / len(deviceAlphabet) * len(deviceAlphabet)
	letters := make([]byte, 0, deviceLetters)
	for random := make([]byte, deviceLetters); len(letters) < deviceLetters; {
		_, _ = rand.Read(random) // never fails
		for _, b := range random {
			if int(b) < fair && len(letters) < deviceLetters {
				letters = append(letters, deviceAlphabet[int(b)%len(deviceAlphabet)])
			}
		}
	}
	return string(letters)
}

// GroupDevicePassword parts a device password with hyphens, for people who type
// it.
func GroupDevicePassword(password string) string {
	var groups []string
	for len(password) > deviceGroup {
		groups, password = append(groups, password[:deviceGroup]), password[deviceGroup:]
	}
	return strings.Join(append(groups, password), "-")
}

// ReadDevicePassword gives the form that is hashed of what was typed: without
// blanks and hyphens, in lower case. It reports false where that cannot be a
// device password, whatever the account, so that nothing has to be tried.
func ReadDevicePassword(typed string) (string, bool) {
	password := strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	foreign := func(r rune) bool { return !strings.ContainsRune(deviceAlphabet, r) }
	return password, len(password) == deviceLetters && !strings.ContainsFunc(password, foreign)
}

// Verifier is what is kept of a device password: SCRAM-SHA-256's StoredKey and
// ServerKey (RFC 5802 §3, RFC 7677). Neither lets anybody log in.
type Verifier struct {
	StoredKey, ServerKey [sha256.Size]byte
}

// Verify makes the verifier of a password; it costs the iterations of PBKDF2.
func Verify(password string, salt []byte, iterations int) (v Verifier, err error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return v, err
	}
	keyed := func(text string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	v.StoredKey = sha256.Sum256(keyed("Client Key"))
	copy(v.ServerKey[:], keyed("Server Key"))
	return v, nil
}

// DevicePassword is one device's.
type DevicePassword struct {
	Device string
	Verifier
	// Readable says that the password itself is kept too, encrypted, for APOP and
	// CRAM-MD5.
	Readable bool
	LastUsed time.Time // within an hour; zero for never
}

// Keyring is what an account's device passwords are checked against. All of them
// share a salt, so that one password can be held against every device of the
// account at the price of one; an account that has none has a salt too, always the
// same, so that SCRAM tells nobody which accounts there are.
type Keyring struct {
	Salt       []byte
	Iterations int
	Passwords  []DevicePassword
	Revoked    []RevokedPassword // let nobody in; the last of each device
}

// RevokedPassword is what a device had, by which the log can tell that it still uses
// it. It has no ServerKey.
type RevokedPassword struct {
	DevicePassword
	At time.Time
}

// For gives the passwords that a login may use which names a device: that
// device's, or all of them where it names none. Then the password tells which
// device it is.
func (k Keyring) For(device string) []DevicePassword {
	if device == "" {
		return k.Passwords
	}
	for i, p := range k.Passwords {
		if p.Device == device {
			return k.Passwords[i : i+1]
		}
	}
	return nil
}

// AccountSalt makes an account's salt from a key that belongs to the ledger.
func AccountSalt(key []byte, account string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(account))
	return mac.Sum(nil)[:16]
}
