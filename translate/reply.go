package translate

import (
	"errors"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// The response codes of a Refusal (RFC 2449 §8, RFC 3206).
const (
	CodeAuth    = "AUTH"
	CodeInUse   = "IN-USE"
	CodeSysTemp = "SYS/TEMP"
	CodeSysPerm = "SYS/PERM"
)

// Refusal is an error with a public and a private half: Code and Text are what
// the device is told, Err is what the log says. Text is always our own: the
// text of an upstream never reaches a device.
type Refusal struct {
	Code string // without brackets; empty for none
	Text string // lower case, no CR or LF
	Err  error  // nil where Text says it all
	// Reported says that the log has it already, and a line for each session
	// would only bury it.
	Reported bool
}

// Error gives both halves, for the log.
func (r *Refusal) Error() string {
	if r.Err == nil {
		return r.Text
	}
	return r.Text + ": " + r.Err.Error()
}

// Unwrap gives the private half.
func (r *Refusal) Unwrap() error { return r.Err }

// Cause is the half of an error that is for operators: what a device is told
// does not help them.
func Cause(err error) error {
	var r *Refusal
	if errors.As(err, &r) && r.Err != nil {
		return r.Err
	}
	return err
}

// ErrGone says that a message was expunged by another client since login.
var ErrGone = errors.New("the message is no longer in the mailbox")

// Refuse makes a Refusal of any error. What is not understood is a fault of
// ours or of the upstream that may pass, so never [AUTH]: a device that is told
// [AUTH] asks its owner for a password.
func Refuse(err error) *Refusal {
	var r *Refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, ErrGone):
		return &Refusal{Text: "message is no longer there", Err: err}
	default:
		return Temporary(err)
	}
}

// Refused is Refuse of an error that may be nil, and stays nil then.
func Refused(err error) error {
	if err == nil {
		return nil
	}
	return Refuse(err)
}

// Temporary is a fault that may pass: the device should try again.
func Temporary(err error) *Refusal {
	return &Refusal{Code: CodeSysTemp, Text: "mail server is not available now, try again later", Err: err}
}

// Permanent is a fault that an operator has to mend.
func Permanent(err error) *Refusal {
	return &Refusal{Code: CodeSysPerm, Text: "mail service is not set up correctly, ask its administrator", Err: err}
}

// BadCredentials is the one text for a wrong password, an unknown user and a
// login that no route serves: they must not be told apart.
func BadCredentials(err error) *Refusal {
	return &Refusal{Code: CodeAuth, Text: "authentication failed", Err: err}
}

// InUse says that another session holds the maildrop's lock. It may be said
// only after good credentials (RFC 2449 §8.1.2).
func InUse(err error) *Refusal {
	return &Refusal{Code: CodeInUse, Text: "maildrop is in use by another session", Err: err}
}

// RefuseLogin judges an upstream's NO to a login by its response code (RFC 5530)
// and, where there is none, by its text. trouble says that a bare NO is rather the
// server's trouble: this very credential was accepted not long ago. A way to log in
// that is not supported, or a server that wants to know first who asks, says nothing
// of the password.
func RefuseLogin(code imap.ResponseCode, text string, trouble bool, err error) *Refusal {
	if SaysUnsupported(text) || AsksForID(text) || saysNoIMAP(text) {
		return Permanent(err)
	}
	switch imap.ResponseCode(strings.ToUpper(string(code))) {
	case imap.ResponseCodeAuthenticationFailed, imap.ResponseCodeAuthorizationFailed, imap.ResponseCodeExpired:
		if throttled(text) {
			return Temporary(err)
		}
		return BadCredentials(err)
	case imap.ResponseCodeContactAdmin, imap.ResponseCodeNoPerm, imap.ResponseCodeCannot, imap.ResponseCodePrivacyRequired,
		imap.ResponseCodeClientBug, "BADCHARSET":
		return Permanent(err)
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug, "THROTTLED", "OVERQUOTA":
		return Temporary(err)
	}
	if trouble || throttled(text) {
		return Temporary(err)
	}
	return BadCredentials(err)
}

// RefuseCommand judges an upstream's NO or BAD to anything but a login.
func RefuseCommand(code imap.ResponseCode, err error) *Refusal {
	switch imap.ResponseCode(strings.ToUpper(string(code))) {
	case imap.ResponseCodeContactAdmin, imap.ResponseCodeNoPerm, imap.ResponseCodeCannot, imap.ResponseCodePrivacyRequired:
		return Permanent(err)
	}
	return Temporary(err)
}

// Full reports whether a refusal says that there is no room: by its code, or in the
// words of servers that send none that would say what is wrong. That a limit of rate
// is reached ([LIMIT]) or a disk is full is no such thing, since it passes; nor are
// Gmail's "[OVERQUOTA] Account exceeded command or bandwidth limits" and its like.
func Full(code imap.ResponseCode, text string) bool {
	if throttled(text) || speaks(text, "bandwidth", "command") {
		return false
	}
	switch imap.ResponseCode(strings.ToUpper(string(code))) {
	case imap.ResponseCodeOverQuota: // RFC 9208 §4.3
		return true
	case "", imap.ResponseCodeAlert, imap.ResponseCodeCannot, imap.ResponseCodeLimit:
		return saysFull(text)
	}
	return false
}

// OfOneMessage reports whether a refusal of many messages may be on account of one,
// so that the others are worth asking for: not where its code (RFC 5530) speaks of
// the mailbox, of the account, or of the server.
func OfOneMessage(code imap.ResponseCode, text string) bool {
	switch imap.ResponseCode(strings.ToUpper(string(code))) {
	case imap.ResponseCodeNoPerm, imap.ResponseCodeContactAdmin, imap.ResponseCodeUnavailable, imap.ResponseCodeInUse,
		imap.ResponseCodeLimit, imap.ResponseCodeTryCreate, imap.ResponseCodeNonExistent, imap.ResponseCodePrivacyRequired, "THROTTLED":
		return false
	}
	return !Full(code, text) && !throttled(text) && !SaysUnsupported(text)
}

// throttled knows the words in which servers say "not now" without a code.
// Microsoft 365: "User is authenticated but not connected"; Gmail: "Too many
// simultaneous connections", "[THROTTLED]"; Dovecot: "Maximum number of
// connections from user+IP exceeded"; Yahoo: "[LIMIT] Rate limit hit". "Please
// try again" alone is what many say to a wrong password.
func throttled(text string) bool {
	return speaks(text, "authenticated but not connected", "too many", "throttl", "maximum number of connections",
		"rate limit", "again later", "try later", "temporar", "unavailable", "server busy", "internal error")
}
