package translate

import (
	"fmt"
)

// EnhancedCode is a code of RFC 3463; the zero value is none.
type EnhancedCode [3]int

// SMTPReply is an answer of SMTP with a public and a private half, as a Refusal has
// them: Text is always our own, and Err what the log says.
type SMTPReply struct {
	Code     int
	Enhanced EnhancedCode
	Text     string
	Err      error // nil where Text says it all
}

// Error gives both halves, for the log.
func (r *SMTPReply) Error() string {
	text := fmt.Sprintf("%d %d.%d.%d %s", r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2], r.Text)
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Unwrap gives the private half.
func (r *SMTPReply) Unwrap() error { return r.Err }

// Good reports whether the answer is one of success (RFC 5321 §4.2.1).
func (r *SMTPReply) Good() bool { return r.Code/100 == 2 }

// GoodReply is what a device is told of an upstream's success. The first digit rules
// (RFC 5321 §4.2): 250 stands for what is no answer to a command that a device gives.
func GoodReply(code int, enhanced EnhancedCode) *SMTPReply {
	if code != 251 {
		code = 250
	}
	if enhanced[0] != 2 {
		enhanced = EnhancedCode{2, 0, 0}
	}
	return &SMTPReply{Code: code, Enhanced: enhanced, Text: "ok"}
}

// PassReply is what a device is told of an upstream's answer to one of its commands:
// the code and the enhanced code (RFC 2034), but not the text. doing names what was
// refused. The first digit rules (RFC 5321 §4.2): an enhanced code that contradicts
// it is left out. What speaks of the connection between popbridge and the upstream,
// its login too, is no concern of the device, and trouble; so is an answer that is
// none.
func PassReply(code int, enhanced EnhancedCode, doing string, err error) *SMTPReply {
	class := code / 100
	if enhanced[0] != class || enhanced[1] < 0 || enhanced[1] > 999 || enhanced[2] < 0 || enhanced[2] > 999 {
		enhanced = EnhancedCode{class, 0, 0}
	}
	switch {
	case code == 421:
		return &SMTPReply{451, enhanced, "the mail server is busy, try again later", err}
	case class == 4:
		return &SMTPReply{code, enhanced, "the mail server does not take " + doing + " now", err}
	case code == 530 || code == 534 || code == 535 || code == 538:
		return SMTPTrouble(err)
	case class == 5:
		return &SMTPReply{code, enhanced, "the mail server does not take " + doing, err}
	}
	return SMTPTrouble(err)
}

// SMTPTrouble is trouble with the upstream that may pass.
func SMTPTrouble(err error) *SMTPReply {
	return &SMTPReply{451, EnhancedCode{4, 4, 1}, "the mail server is not available now, try again later", err}
}

// SMTPLost says that the connection to the upstream has ended where its answer was
// due.
func SMTPLost(err error) *SMTPReply {
	return &SMTPReply{451, EnhancedCode{4, 4, 2}, "the connection to the mail server was lost, try again later", err}
}

// SMTPRefusal is what a device hears of a login that was refused, whose Refusal it
// is. 535 is for credentials that are wrong, and for nothing else (RFC 4954 §6).
// limited says that no login is tried now.
func SMTPRefusal(r *Refusal, limited bool) *SMTPReply {
	switch {
	case limited:
		return &SMTPReply{454, EnhancedCode{4, 7, 0}, "too many logins have failed, try again later", r}
	case r.Code == CodeAuth:
		return &SMTPReply{535, EnhancedCode{5, 7, 8}, r.Text, r}
	case r.Code == CodeSysPerm:
		return &SMTPReply{451, EnhancedCode{4, 4, 0}, r.Text, r}
	}
	return SMTPTrouble(r)
}

// RefuseSMTPLogin judges a submission server's refusal of a login by its code (RFC
// 4954 §6) and its text. trouble says that a bare refusal is rather the server's
// trouble.
func RefuseSMTPLogin(code int, text string, trouble bool, err error) *Refusal {
	switch {
	case SaysUnsupported(text), speaks(text, "smtpclientauthentication is disabled"), code == 504, code == 500, code == 502, code == 503, code == 538, code == 530:
		return Permanent(err)
	case code == 535 || code == 534 || code == 550 || code == 554 || code == 501:
		// 534 is Gmail's word for a password that is not an app password. Postfix says
		// "(reason unavailable)" to every wrong one.
		if trouble || speaks(text, "too many", "throttl", "rate limit", "temporar", "again later") {
			return Temporary(err)
		}
		return BadCredentials(err)
	}
	return Temporary(err)
}
