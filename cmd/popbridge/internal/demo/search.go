package demo

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Search answers SEARCH and UID SEARCH (RFC 9051 §6.4.4). It reads flags, so it
// holds the lock; nothing is written meanwhile.
func (s *session) Search(kind imapserver.NumKind, c *imap.SearchCriteria, o *imap.SearchOptions) (*imap.SearchData, error) {
	if o.ReturnSave {
		return nil, bad("SEARCHRES is not offered")
	}
	v := s.selected()
	s.account.mu.Lock()
	defer s.account.mu.Unlock()

	matches, err := v.compile(c)
	if err != nil {
		return nil, err
	}
	var uids imap.UIDSet
	data := &imap.SearchData{}
	for i := range v.known {
		t := target{uint32(i + 1), &v.known[i]}
		if t.gone || !matches(t) {
			continue
		}
		number := t.number
		if kind == imapserver.NumKindUID {
			number = uint32(t.uid)
		}
		uids = appendUID(uids, imap.UID(number))
		if data.Count == 0 {
			data.Min = number
		}
		data.Max = number
		data.Count++
	}
	data.All = uids
	if kind == imapserver.NumKindSeq {
		numbers := make(imap.SeqSet, len(uids))
		for i, r := range uids {
			numbers[i] = imap.SeqRange{Start: uint32(r.Start), Stop: uint32(r.Stop)}
		}
		data.All = numbers
	}
	return data, nil
}

// matcher says whether one message fits.
type matcher func(target) bool

// compile resolves the sets of the criteria once, so that a search over n
// messages costs n steps and not n times the length of the sets.
func (v *view) compile(c *imap.SearchCriteria) (matcher, error) {
	var all []matcher
	for _, set := range c.SeqNum {
		spans, err := v.spans(set)
		if err != nil {
			return nil, err
		}
		all = append(all, v.within(spans))
	}
	for _, set := range c.UID {
		if imap.IsSearchRes(set) {
			return nil, bad("SEARCHRES is not offered")
		}
		spans, err := v.spans(set)
		if err != nil {
			return nil, err
		}
		all = append(all, v.within(spans))
	}
	for i := range c.Not {
		not, err := v.compile(&c.Not[i])
		if err != nil {
			return nil, err
		}
		all = append(all, func(t target) bool { return !not(t) })
	}
	for i := range c.Or {
		left, err := v.compile(&c.Or[i][0])
		if err != nil {
			return nil, err
		}
		right, err := v.compile(&c.Or[i][1])
		if err != nil {
			return nil, err
		}
		all = append(all, func(t target) bool { return left(t) || right(t) })
	}
	return func(t target) bool {
		for _, m := range all {
			if !m(t) {
				return false
			}
		}
		return fits(t.message, c)
	}, nil
}

// within says whether a message is in one of the spans.
func (v *view) within(spans []span) matcher {
	in := make([]bool, len(v.known))
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			in[i] = true
		}
	}
	return func(t target) bool { return in[t.number-1] }
}

// fits tests what concerns the message alone, the cheap things first.
func fits(m *message, c *imap.SearchCriteria) bool {
	for _, f := range c.Flag {
		if !m.has(f) {
			return false
		}
	}
	for _, f := range c.NotFlag {
		if m.has(f) {
			return false
		}
	}
	size := int64(len(m.octets))
	if c.Larger > 0 && size <= c.Larger || c.Smaller > 0 && size >= c.Smaller {
		return false
	}
	if !inDays(m.date, c.Since, c.Before) {
		return false
	}
	if len(c.Header) == 0 && len(c.Body) == 0 && len(c.Text) == 0 && c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	header, body := split(m.octets)
	return fitsHeader(header, c) && containAll(body, c.Body) && containAll(m.octets, c.Text)
}

func fitsHeader(header []byte, c *imap.SearchCriteria) bool {
	for _, want := range c.Header {
		if !hasField(header, want.Key, want.Value) {
			return false
		}
	}
	if c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	sent, err := mail.ParseDate(headerValue(header, "Date"))
	return err == nil && inDays(sent, c.SentSince, c.SentBefore)
}

// hasField looks for a field whose value holds the text, as it stands or with
// its encoded words decoded (RFC 2047), without regard to case.
func hasField(header []byte, name, text string) bool {
	text = strings.ToLower(text)
	var words mime.WordDecoder
	for _, f := range fields(header) {
		if !strings.EqualFold(f.name, name) {
			continue
		}
		value := f.value()
		if strings.Contains(strings.ToLower(value), text) {
			return true
		}
		decoded, err := words.DecodeHeader(value)
		if err == nil && strings.Contains(strings.ToLower(decoded), text) {
			return true
		}
	}
	return false
}

// containAll searches the octets as they are, transfer encodings included.
func containAll(octets []byte, texts []string) bool {
	for _, text := range texts {
		if !bytes.Contains(bytes.ToLower(octets), bytes.ToLower([]byte(text))) {
			return false
		}
	}
	return true
}

// inDays compares dates without regard to time and zone (RFC 9051 §6.4.4).
func inDays(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}
