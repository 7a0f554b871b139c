package submission

import (
	"context"
	"fmt"
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/route"
	"popbridge/proxy/sasl"
)

func (s *Session) tlsOffered() bool {
	return !s.secured && s.relay == nil && s.Listener.TLS == configs.TLSStartTLS
}

// extensions are those of the submission server that the device's mail goes to; before
// a login, what all have to which it may go.
func (s *Session) extensions() (all backend.Extensions) {
	ctx, cancel := context.WithTimeout(s.Context, 10*time.Second)
	defer cancel()
	if s.relay != nil {
		return s.Backend.Extensions(ctx, s.target.Upstream)
	}
	seen := make(map[string]bool)
	for _, r := range route.Reachable(s.Config, s.Listener.Name, s.Client) {
		if u := s.Config.Upstream[r.Upstream]; !seen[u.Name] && u.Submission.Address != "" {
			e := s.Backend.Extensions(ctx, u)
			if len(seen) > 0 {
				e = e.And(all)
			}
			seen[u.Name], all = true, e
		}
	}
	return all
}

// size is how large a message may be.
func (s *Session) size(e backend.Extensions) int64 {
	size := int64(s.Config.Limits.MessageSize)
	if e.Size > 0 {
		size = min(size, e.Size)
	}
	return size
}

// capabilities is the answer to EHLO: what is true now, and no more than the upstream
// has. AUTH stands there twice, since Outlook and devices of its time know the older
// form alone.
func (s *Session) capabilities() string {
	e := s.extensions()
	lines := []string{hostname() + " greets " + s.helo, fmt.Sprintf("SIZE %d", s.size(e)), "ENHANCEDSTATUSCODES"}
	for _, x := range []struct {
		has  bool
		name string
	}{{e.Pipelining, "PIPELINING"}, {e.EightBit, "8BITMIME"}, {e.UTF8, "SMTPUTF8"}, {e.DSN, "DSN"}, {s.tlsOffered(), "STARTTLS"}} {
		if x.has {
			lines = append(lines, x.name)
		}
	}
	if m := sasl.Announced(s.terms()); len(m) > 0 {
		lines = append(lines, "AUTH "+strings.Join(m, " "), "AUTH="+strings.Join(m, " "))
	}
	lines = append(lines, "HELP")
	var b strings.Builder
	for i, line := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		b.WriteString("250" + sep + line + "\r\n")
	}
	return b.String()
}
