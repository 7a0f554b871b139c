package translate

import (
	"strings"
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

// SaysUnsupported knows the words in which servers refuse a way to log in, or another
// command, and not the password: "Unrecognized authentication type", "no mechanism
// available", "AUTHENTICATE is disabled", "Unknown command". No password would do.
// A word of refusal counts only beside one that names the way: "invalid credentials"
// speaks of the password.
func SaysUnsupported(text string) bool {
	if speaks(text, "mechanism", "authentication type", "authentication method", "auth type", "auth method", "sasl method", "login method") &&
		speaks(text, "support", "unknown", "unrecogni", "no mechanism", "no such", "invalid", "illegal", "bad ", "wrong", "not available", "unavailable",
			"disabled", "not enabled", "not allowed", "not permitted", "not offered", "not accepted", "require", "forbidden") {
		return true
	}
	for _, way := range []string{"authenticate ", "authenticate plain ", "auth=plain ", "sasl plain ", "command ", "basic authentication "} {
		for _, lack := range []string{"not ", "is not ", "disabled", "is disabled", "unknown", "unrecogni", "unavailable", "is unavailable"} {
			if speaks(text, way+lack) {
				return true
			}
		}
	}
	return speaks(text, "not supported", "unsupported", "not implemented", "unknown command", "unrecognized command", "unrecognised command",
		"plain is disabled", "plain not allowed", "plaintext authentication", "cleartext authentication")
}

// saysNoIMAP knows the words in which providers say that an account's owner, or its
// domain, has not turned IMAP on (Gmail, Google Workspace, Zoho): no password would
// do. A text that speaks of credentials too leaves it open which it is.
func saysNoIMAP(text string) bool {
	return speaks(text, "not enabled for imap", "imap access is disabled", "imap access disabled", "enable imap for your account", "imap is not enabled") &&
		!speaks(text, "credential", "password")
}

// saysFull knows the words in which servers without OVERQUOTA say that an account or a
// mailbox has no room: "Over quota" (Cyrus), "You exceeded your mail quota" (Courier),
// "Not enough disk quota" (Coremail), "The 1500 MB storage limit has been exceeded"
// (GroupWise), "Mailbox size limit exceeded", "Insufficient storage space", "User is
// over the limit". Those that may speak of one message, of how many there are
// at once, or of the server's own disk say no such thing.
func saysFull(text string) bool {
	if speaks(text, "quota") {
		return true
	}
	if speaks(text, "message size", "message too", "message is too", "connection", "request", "system", "disk", "device", "server is", "rate", "temporar") {
		return false
	}
	if speaks(text, "storage") {
		return speaks(text, "limit", "insufficient", "not enough", "full", "exceed", "no more", "out of", "over")
	}
	if speaks(text, "mailbox", "inbox", "account", "user", "trash", "folder") {
		return speaks(text, "is full", "mailbox full", "inbox full", "account full", "size limit", "size exceed", "maximum size", "maximum mailbox size",
			"over the limit", "over its limit", "over limit", "limit exceeded", "exceeds its limit", "exceeded its limit", "not enough space", "out of space", "no space left in",
			"insufficient space")
	}
	return false
}

// AsksForID knows the words in which servers want to be told who asks, by ID
// (RFC 2971): NetEase's "Unsafe Login. Please contact kefu@188.com for help" to
// SELECT, and the greeting of Coremail, which NetEase runs.
func AsksForID(text string) bool {
	return speaks(text, "unsafe login", "coremail", "send id", "id command", "rfc 2971", "rfc2971", "identify your client", "client identification")
}
