package behaviour_test

// What a server does not store, and why. Everything else in the corpus it must
// store, so a message that disappears from these lists is noticed, and so is one
// that the server begins to take.

var dovecotRefuses = map[string]string{
	"nothing at all": "BAD: Dovecot does not save a message of no octets",
}

// cyrusRefuses: Cyrus stores no NUL, no bare LF, and no first line that is
// neither a field nor blank (message_copy_strict in its imap/message.c).
var cyrusRefuses = refusals(map[string][]string{
	"bare newlines": {
		"terminator within bare LF", "smuggled LF dot CRLF", "smuggled CRLF dot LF", "final LF", "final LF LF",
		"bare LF throughout", "bare LF and CRLF mixed", "bare LF in the header only", "bare LF first", "LF runs",
		"LF CR pairs", "only an LF", "100,000 lines with bare LF",
	},
	"zero-length message literal": {"nothing at all"},
	"NUL characters":              {"NUL in the body", "NUL in the header", "NUL alone"},
	"invalid header": {
		"lone dot as the first line", "two dots first", "only a dot", "only a dot line", "header without a line end",
		"body without header and blank line", "one octet", "blank line with a blank",
	},
})

func refusals(byReason map[string][]string) map[string]string {
	refused := make(map[string]string)
	for reason, messages := range byReason {
		for _, m := range messages {
			refused[m] = reason
		}
	}
	return refused
}
