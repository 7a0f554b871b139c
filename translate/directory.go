package translate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DirectoryQuestion is what a directory is asked about a login. All but the account
// are empty where it is not a login that asks.
type DirectoryQuestion struct {
	Account  string
	Device   string
	Listener string // the listener's label
	Client   string // the device's address
}

// DirectoryAnswer is what a directory says of a login, in the operator's words. What is
// empty it leaves open.
type DirectoryAnswer struct {
	Upstream string // an upstream's label
	Host     string // host:port of that upstream's server
	Account  string // the name to log in with there
	Maildrop string // a maildrop's label
	Login    string // upstream, device or either
	Action   string // serve or refuse
}

// directoryWords are the words that an answer may hold, with where each belongs.
var directoryWords = map[string]func(*DirectoryAnswer) *string{
	"upstream": func(a *DirectoryAnswer) *string { return &a.Upstream },
	"host":     func(a *DirectoryAnswer) *string { return &a.Host },
	"account":  func(a *DirectoryAnswer) *string { return &a.Account },
	"maildrop": func(a *DirectoryAnswer) *string { return &a.Maildrop },
	"login":    func(a *DirectoryAnswer) *string { return &a.Login },
	"action":   func(a *DirectoryAnswer) *string { return &a.Action },
}

// DirectoryWords lists the words that an answer may hold, in the order of the alphabet.
func DirectoryWords() []string { return slices.Sorted(maps.Keys(directoryWords)) }

// maxDirectoryValue bounds a value of an answer, in octets: it becomes part of a login
// name, an address or a label.
const maxDirectoryValue = 512

// Set puts a value into an answer. A word that is not known and a value that could not
// be used in a login or a log, with control characters or too long, are errors.
func (a *DirectoryAnswer) Set(word, value string) error {
	into, ok := directoryWords[word]
	if !ok {
		return fmt.Errorf("%.64q is not known; one of %s", word, strings.Join(DirectoryWords(), ", "))
	}
	switch {
	case len(value) > maxDirectoryValue:
		return fmt.Errorf("%s has %d octets; it may have %d", word, len(value), maxDirectoryValue)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return fmt.Errorf("%s holds a control character", word)
	}
	*into(a) = value
	return nil
}
