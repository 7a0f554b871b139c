package configs

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// secretsKeyOctets is the length of a key that encrypts secrets at rest.
const secretsKeyOctets = 32

// Equal reports whether both name the same ledger with the same keys.
func (s State) Equal(other State) bool {
	return s.Driver == other.Driver && s.Source.Reveal() == other.Source.Reveal() && s.SecretsKey.Reveal() == other.SecretsKey.Reveal()
}

// Keys gives the keys of secrets_key, the current one first, secretsKeyOctets
// each; none where it is empty. Each stands on a line of its own, or is parted
// from its neighbours by blanks or commas, which an environment variable and a
// line of a file can hold too. The error tells nothing of the text.
func (s State) Keys() ([][]byte, error) {
	words := strings.FieldsFunc(s.SecretsKey.Reveal(), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
	var keys [][]byte
	for i, word := range words {
		key, ok := parseSecretsKey(word)
		if !ok {
			return nil, fmt.Errorf(`key %d of %d is not %d octets in base64 (44 characters) or hex (64); "popbridge secrets key" makes one`, i+1, len(words), secretsKeyOctets)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func parseSecretsKey(word string) ([]byte, bool) {
	if key, err := hex.DecodeString(word); err == nil && len(key) == secretsKeyOctets {
		return key, true
	}
	word = strings.TrimRight(word, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if key, err := encoding.Strict().DecodeString(word); err == nil && len(key) == secretsKeyOctets {
			return key, true
		}
	}
	return nil, false
}
