package translate

import (
	"errors"
	"strings"
)

// CodeLoginDelay says that a login came too soon after the last (RFC 2449 §8.1.1).
const CodeLoginDelay = "LOGIN-DELAY"

// RefuseOldLogin judges an old POP3 server's -ERR to a login by its response code
// and, where there is none, by its text. trouble says that a bare -ERR is rather the
// server's trouble: this very credential was accepted not long ago.
func RefuseOldLogin(code, text string, trouble bool, err error) *Refusal {
	if r := refuseOldCode(code, err); r != nil {
		return r
	}
	switch {
	case locked(text):
		return InUse(err)
	case SaysUnsupported(text):
		return Permanent(err)
	case trouble, throttled(text):
		return Temporary(err)
	}
	return BadCredentials(err)
}

// RefuseOldGreeting judges an -ERR in place of a greeting: no password was sent,
// so that it says nothing about one, and [IN-USE] would.
func RefuseOldGreeting(code string, err error) *Refusal {
	if r := refuseOldCode(code, err); r != nil && r.Code != CodeAuth && r.Code != CodeInUse {
		return r
	}
	return Temporary(err)
}

// RefuseOld judges an old POP3 server's -ERR to anything but a login. Without a
// response code the device is told -ERR without one, as the old server has it.
func RefuseOld(code string, err error) *Refusal {
	if r := refuseOldCode(code, err); r != nil && r.Code != CodeAuth {
		return r
	}
	return &Refusal{Text: "the mail server refuses it", Err: err}
}

// refuseOldCode takes a response code over (RFC 2449 §8, RFC 3206); nil for none
// that is known. The codes may be followed by others, as SYS/TEMP/DISK.
func refuseOldCode(code string, err error) *Refusal {
	is := func(known string) bool { return code == known || strings.HasPrefix(code, known+"/") }
	switch {
	case is(CodeAuth):
		return BadCredentials(err)
	case is(CodeInUse):
		return InUse(err)
	case is(CodeLoginDelay):
		return &Refusal{Code: CodeLoginDelay, Text: "this login comes too soon after the last one, try again later", Err: err}
	case is(CodeSysPerm):
		return Permanent(err)
	case is("SYS"):
		return Temporary(err)
	}
	return nil
}

// locked knows the words in which servers without response codes say that another
// session holds the maildrop. UW: "Can't get lock. Mailbox in use"; qpopper: "lock
// busy! Is another session active?"; popa3d: "Unable to lock mailbox"; GNU: "Mailbox
// is locked".
func locked(text string) bool {
	return speaks(text, "lock busy", "can't get lock", "unable to lock", "cannot lock", "mailbox is locked", "mailbox locked", "maildrop is locked",
		"maildrop already locked", "already locked", "mailbox in use", "mailbox is in use", "maildrop in use", "another session")
}

// ErrDamagedListing says that the UIDs which an old server's messages were given
// are lost: they stand for nothing any more.
var ErrDamagedListing = errors.New("what is remembered of the old server's messages is damaged: restore the ledger from a backup, or make it forget the account with popbridge account forget")
