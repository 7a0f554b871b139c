package translate

import (
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// RolledBack reports whether a mailbox was rolled back since it was listed before, as by
// restoring a backup: under one UIDVALIDITY, its UIDNEXT may only grow (RFC 9051
// §2.3.1.1). The UIDs from the new UIDNEXT on are given to other messages then.
func RolledBack(before, now Listing) bool {
	return before.UIDValidity == now.UIDValidity && now.UIDNext != 0 && now.UIDNext < before.UIDNext
}

// Reissue gives the spans of a mailbox that was rolled back. Messages that get the
// UIDs below was, from now on, have unique-ids that end in a dot and the salt: a
// device that was shown a lost message would take a new one under its unique-id
// for one that it has, and never fetch it. Where the result would be too long it
// is the UIDVALIDITY and the UID. Unique-ids that the server gives stay its own.
func Reissue(known []Span, now, was imap.UID, salt string) []Span {
	var spans []Span
	for _, s := range known {
		if s.From < now {
			spans = append(spans, s)
		}
	}
	if len(known) == 0 {
		return nil
	}
	at := func(uid imap.UID) Format {
		format := known[0].Format
		for _, s := range known {
			if s.From <= uid {
				format = s.Format
			}
		}
		return format
	}
	spans = append(spans, Span{From: now, Format: at(now).salted(salt)}, Span{From: was, Format: at(was)})
	for _, s := range known {
		if s.From > was {
			spans = append(spans, s)
		}
	}
	return slices.Clip(spans)
}

// salted is a format whose unique-ids no other gives.
func (f Format) salted(salt string) Format {
	if f.gmail {
		return f
	}
	template := unsalted(f.String())
	if preset, ok := presets[template]; ok {
		template = preset
	}
	for _, t := range []string{template, "u%v.%u"} {
		if salted, err := ParseFormat(t + "." + salt); err == nil {
			return salted
		}
	}
	return f
}

// unsalted is a template as it was before it was salted: what was salted once gets
// another salt, not a second one.
func unsalted(template string) string {
	if at := strings.LastIndex(template, "."+saltMark); at > 0 && len(template)-at == saltLength+1 {
		return template[:at]
	}
	return template
}

const (
	saltMark   = "r"
	saltLength = 9 // the mark and milliseconds since 1970 in base 36, until 2059
)

// Salt makes a salt of a time in milliseconds since 1970, so that a mailbox which is
// rolled back twice does not repeat itself.
func Salt(ms int64) string { return saltMark + strconv.FormatInt(ms, 36) }
