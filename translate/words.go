package translate

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// speaks reports whether a server's text has one of the words, in whatever case.
func speaks(text string, words ...string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// SaysUnsupported knows the words in which servers refuse a way to log in and not the
// password: "AUTHENTICATE mechanism not supported", "Unsupported authentication
// mechanism", "no mechanism available", "Unknown command". No password would do.
func SaysUnsupported(text string) bool {
	if speaks(text, "mechanism") && speaks(text, "support", "unknown", "unrecogni", "no mechanism", "no such", "invalid mechanism",
		"invalid authentication mechanism", "not available", "unavailable", "disabled", "not enabled", "not allowed", "not permitted", "not implemented") {
		return true
	}
	return speaks(text, "unknown command", "unrecognized command", "unrecognised command", "command not", "command is not", "command unknown",
		"command disabled", "command is disabled", "not implemented", "unsupported authentication", "unsupported command",
		"authenticate not supported", "authenticate is not supported", "authentication method not", "authentication type not",
		"plaintext authentication", "cleartext authentication")
}

// AsksForID knows the words in which servers want to be told who asks, by ID
// (RFC 2971): NetEase's "Unsafe Login. Please contact kefu@188.com for help" to
// SELECT, and the greeting of Coremail, which NetEase runs.
func AsksForID(text string) bool {
	return speaks(text, "unsafe login", "coremail", "send id", "id command", "rfc 2971", "rfc2971", "identify your client", "client identification")
}

// RefusesExtension judges a refusal of a command that uses an extension: whether
// the same without it may do. A code that speaks of the mailbox, or of now, does
// not; nor do words that say that it may pass.
func RefusesExtension(kind string, code imap.ResponseCode, text string) bool {
	if AsksForID(text) || throttled(text) {
		return false
	}
	switch imap.ResponseCode(strings.ToUpper(string(code))) {
	case "", imap.ResponseCodeCannot, imap.ResponseCodeClientBug, "BADCHARSET", "PARSE", "ALERT":
		return kind == "BAD" || kind == "NO"
	}
	return false
}
