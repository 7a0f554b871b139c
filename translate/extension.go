package translate

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// RefusesExtension judges a refusal of a command that uses an extension which is
// announced and can be gone without: whether the same without it may do, and whether
// the next connection need not try it again. A code that speaks of now, of the account
// or of the server's own trouble (RFC 5530), and words that say that it may pass, are
// no reason to refuse a login, nor any to believe that the extension is not there. A
// mailbox that is not there, or has no room, is no matter of the extension; nor is a
// server that wants to know first who asks.
func RefusesExtension(kind string, code imap.ResponseCode, text string) (refused, lasting bool) {
	if kind != "NO" && kind != "BAD" || AsksForID(text) {
		return false, false
	}
	switch imap.ResponseCode(strings.ToUpper(string(code))) {
	case "", imap.ResponseCodeCannot, imap.ResponseCodeClientBug, "BADCHARSET", "PARSE", "ALERT":
		return true, !throttled(text)
	case imap.ResponseCodeNonExistent, imap.ResponseCodeAlreadyExists, imap.ResponseCodeTryCreate, imap.ResponseCodeOverQuota, "USEATTR":
		return false, false
	}
	return true, false
}
