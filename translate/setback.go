package translate

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// SetBack reports whether a mailbox was set back since it was listed before, as by
// restoring a backup: under one UIDVALIDITY, its UIDNEXT may only grow (RFC 9051
// §2.3.1.1). The UIDs from the new UIDNEXT on are given to other messages then.
func SetBack(before, now Listing) bool {
	return before.UIDValidity == now.UIDValidity && now.UIDNext != 0 && now.UIDNext < before.UIDNext
}

// Reissue gives the spans of a mailbox that was set back. Messages that get the
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
	template := f.String()
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
