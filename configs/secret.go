package configs

import (
	"fmt"
	"io"
)

const redacted = "<redacted>"

// Secret is text that may hold a password. Whatever prints, logs or encodes one
// shows <redacted>, wherever in a value it stands; only Reveal gives the text.
type Secret struct {
	// A pointer, since package fmt calls no methods on unexported fields: a
	// struct that hides a Secret then prints an address and not the text.
	text *string
}

// NewSecret makes a Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// Reveal gives the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.text == nil }

// String gives <redacted>.
func (Secret) String() string { return redacted }

// GoString gives <redacted>.
func (Secret) GoString() string { return redacted }

// MarshalText gives <redacted>, so that JSON and logs do.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format gives <redacted> for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// UnmarshalText takes any text.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
