package submission

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"

	"popbridge/proxy/limiter"
	"popbridge/translate"
)

// readMail is RFC 5321 §4.1.1.2's MAIL. What is not the address and a parameter that
// is known here stays here.
func (s *Session) readMail(cmd translate.SMTPCommand) string {
	path, err := translate.ParseSMTPPath("FROM", cmd.Args)
	switch {
	case s.begun:
		return s.answer("503 5.5.1 a message has begun already, use RSET")
	case s.relay == nil && !s.openedByPOP(path.Address):
		return s.answer("530 5.7.0 log in first")
	case err != nil:
		return s.answer("501 5.1.7 MAIL needs FROM:<address>")
	}
	params, refused := s.params(path.Params, "SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH")
	if refused != "" {
		return s.answer(refused)
	}
	s.path = path
	from := "device@popbridge.invalid" // go-smtp would read it in its own way
	if path.Address == "" {
		from = ""
	}
	return s.greeted("MAIL FROM:<" + from + ">" + params + "\r\n")
}

// readRcpt is RFC 5321 §4.1.1.3's RCPT.
func (s *Session) readRcpt(cmd translate.SMTPCommand) string {
	path, err := translate.ParseSMTPPath("TO", cmd.Args)
	switch {
	case s.relay == nil:
		return s.answer("530 5.7.0 log in first")
	case !s.begun:
		return s.answer("503 5.5.1 MAIL comes first")
	case err != nil || path.Address == "":
		return s.answer("501 5.1.3 RCPT needs TO:<address>")
	}
	params, refused := s.params(path.Params, "NOTIFY", "ORCPT")
	if refused != "" {
		return s.answer(refused)
	}
	s.path = path
	return "RCPT TO:<device@popbridge.invalid>" + params + "\r\n"
}

func (s *Session) readDATA(translate.SMTPCommand) string {
	switch {
	case s.relay == nil:
		return s.answer("530 5.7.0 log in first")
	case !s.begun:
		return s.answer("503 5.5.1 MAIL comes first")
	case s.recipients == 0:
		return s.answer("554 5.5.1 no recipient was taken")
	}
	return "DATA\r\n"
}

// params gives those parameters that go on. The sender of AUTH= is left out: it says
// who was believed elsewhere (RFC 4954 §5). So is BODY: the client says it by itself.
func (s *Session) params(text string, known ...string) (params, refused string) {
	for param := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(param, "=")
		name = strings.ToUpper(name)
		switch found := false; {
		case name == "AUTH" && known[0] == "SIZE", name == "BODY" && known[0] == "SIZE" && !strings.EqualFold(value, "BINARYMIME"):
			continue
		case name == "SIZE":
			size, err := strconv.ParseInt(value, 10, 64)
			if err != nil || size < 0 {
				return "", "501 5.5.4 SIZE is a number of octets"
			}
			if size > s.size(s.extensions()) {
				return "", "552 5.3.4 the message is too large"
			}
			if size > 1<<31 {
				continue // go-smtp takes no more
			}
			fallthrough
		default:
			for _, k := range known {
				found = found || k == name
			}
			if !found || name == "BODY" {
				return "", "555 5.5.4 the parameter " + name + " is not known here"
			}
			params += " " + param
		}
	}
	return params, ""
}

// added is how much longer a message may get by what is put into its header, in octets.
const added = 2 << 10

// Mail is go-smtp's.
func (s *Session) Mail(_ string, o *smtp.MailOptions) error {
	from, refused := s.sender.Envelope(s.path.Address)
	if refused != nil {
		s.Log.Warn("a sender that is not the account's was refused", "from", limiter.LogName(s.path.Address), "upstream", s.target.Upstream.Name)
		return said(refused)
	}
	if o.UTF8 && !s.extensions().UTF8 {
		return said(&translate.SMTPReply{Code: 553, Enhanced: translate.EnhancedCode{5, 6, 7}, Text: "the mail server takes no SMTPUTF8"})
	}
	onward := &smtp.MailOptions{UTF8: o.UTF8, Return: o.Return, EnvelopeID: o.EnvelopeID}
	if o.Size > 0 {
		onward.Size = o.Size + added
	}
	reply := s.mail(from, onward)
	if !reply.Good() {
		return s.refusedBy(reply, "from", from)
	}
	s.begun, s.recipients = true, 0
	s.pass(reply, 2, 1, 0)
	return nil
}

// mail begins a message upstream, on another connection where the one there is has
// ended since the login: nothing was begun on it.
func (s *Session) mail(from string, o *smtp.MailOptions) *translate.SMTPReply {
	ctx, cancel := context.WithTimeout(s.Context, 3*s.target.Upstream.Timeout)
	defer cancel()
	if !s.relay.Lost() {
		if reply := s.relay.Mail(ctx, from, o); reply.Good() || !s.relay.Lost() {
			return reply
		}
	}
	relay, err := s.Backend.OpenRelay(ctx, s.request)
	if err != nil {
		r := translate.Refuse(err)
		if r.Code == translate.CodeAuth {
			return translate.SMTPTrouble(fmt.Errorf("the login that was good is refused now: %w", err))
		}
		return translate.SMTPRefusal(r, false)
	}
	_ = s.relay.Close()
	s.relay = relay
	return relay.Mail(ctx, from, o)
}

// Rcpt is go-smtp's.
func (s *Session) Rcpt(_ string, o *smtp.RcptOptions) error {
	reply := s.relay.Rcpt(s.Context, s.path.Address, o)
	if !reply.Good() {
		return s.refusedBy(reply, "to", s.path.Address)
	}
	s.recipients++
	s.pass(reply, 2, 1, 5)
	return nil
}

// pass gives the device an upstream's answer of success; the enhanced code is for one
// that has none of its own.
func (s *Session) pass(reply *translate.SMTPReply, enhanced ...int) {
	e := reply.Enhanced
	if e == (translate.EnhancedCode{2, 0, 0}) {
		e = translate.EnhancedCode(enhanced)
	}
	s.wire.instead = fmt.Appendf(nil, "%d %d.%d.%d %s\r\n", reply.Code, e[0], e[1], e[2], reply.Text)
}

// refusedBy tells the log what the upstream has said, and the device its code.
func (s *Session) refusedBy(reply *translate.SMTPReply, what, whom string) error {
	s.Log.Warn("the submission server has not accepted a message", "upstream", s.target.Upstream.Name, "code", reply.Code, what, limiter.LogName(whom), "cause", reply.Err)
	return said(reply)
}
