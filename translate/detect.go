package translate

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// IDKind is what sort of unique-id an old server gives.
type IDKind uint8

// The kinds of unique-ids.
const (
	// IDPreset can be computed of the new server's UIDs: no map is needed.
	IDPreset IDKind = iota
	// IDCourier is a number of Courier's own, from its file courierpop3dsizelist.
	IDCourier
	// IDFile is the name of a file in a Maildir, as qmail-pop3d, Courier's old list
	// and Dovecot's %f give it.
	IDFile
	// IDOpaque says nothing about where it comes from.
	IDOpaque
)

var idKindWords = []string{"preset", "courier", "file", "opaque"}

// String gives the kind's word.
func (k IDKind) String() string { return idKindWords[k] }

// Detected is one kind of unique-ids among those of a mailbox.
type Detected struct {
	Kind IDKind
	// Presets are the names of the unique_id that makes them, where Kind is
	// IDPreset; several where these are one.
	Presets  []string
	Messages int
	Example  string
}

// Advice says what to do about such unique-ids.
func (d Detected) Advice() string {
	switch d.Kind {
	case IDPreset:
		text := `no map is needed: unique_id = "` + d.Presets[0] + `"`
		if len(d.Presets) > 1 {
			text += " (" + strings.Join(d.Presets[1:], ", ") + " is the same)"
		}
		return text
	case IDCourier:
		return "Courier's own numbers: harvest them, or import its size list, --format courier"
	case IDFile:
		return "file names of a Maildir: harvest them, or import them, --format maildir"
	}
	return "opaque: a map is needed, harvest them"
}

var (
	courierID = regexp.MustCompile(`^UID[0-9]+(-[0-9]+)?$`)
	fileID    = regexp.MustCompile(`^[0-9]{9,12}\.[^./]+\.[^/]+$`)
)

// DetectIDs finds out of which kinds an old server's unique-ids are, the most
// frequent first: servers that were changed once give several. A preset makes a
// unique-id where it computes it for the very message that it belongs to: the one
// that a match has paired, else one that has as many octets, or that the new
// UIDVALIDITY names. Where there is a match, only paired messages count.
func DetectIDs(old, fresh Listing, pairs []Pair) []Detected {
	copied := make(map[imap.UID]imap.UID, len(pairs))
	for _, p := range pairs {
		copied[p.Old] = p.New
	}
	var left []Entry
	for _, e := range old.InOrder() {
		if e.UniqueID != "" && (len(pairs) == 0 || copied[e.UID] != 0) {
			left = append(left, e)
		}
	}
	var found []Detected
	for makers := presetMakers(fresh); len(left) > 0; {
		best, rest := Detected{}, left
		for _, m := range makers {
			if d, others := m.takes(left, copied); d.Messages > best.Messages {
				best, rest = d, others
			}
		}
		if best.Messages == 0 {
			break
		}
		found, left = append(found, best), rest
	}
	found = append(found, byShape(left)...)
	slices.SortStableFunc(found, func(a, b Detected) int { return cmp.Compare(b.Messages, a.Messages) })
	return found
}

// presetMaker is what a preset makes of a listing.
type presetMaker struct {
	names  []string // of the presets that are this one
	proof  bool     // the UIDVALIDITY in it is proof enough
	makes  map[string]int
	copies []Entry
}

// presetMakers are those of the presets that differ, by name.
func presetMakers(fresh Listing) []*presetMaker {
	byTemplate := make(map[string]*presetMaker)
	var makers []*presetMaker
	for _, name := range Presets() {
		format, err := ParseFormat(name)
		template := presets[name]
		if err != nil {
			continue // no preset is wrong
		}
		if m := byTemplate[template]; m != nil {
			m.names = append(m.names, name)
			continue
		}
		m := &presetMaker{names: []string{name}, proof: format.gmail || strings.ContainsAny(template, "v"), makes: make(map[string]int, len(fresh.Entries)), copies: fresh.Entries}
		for i, e := range fresh.Entries {
			id := e.UniqueID
			if !format.gmail {
				id = string(format.Append(nil, fresh.UIDValidity, e.UID))
			}
			m.makes[id] = i
		}
		byTemplate[template] = m
		makers = append(makers, m)
	}
	return makers
}

// takes counts the messages whose unique-ids the preset makes, and gives the rest.
func (m *presetMaker) takes(list []Entry, copied map[imap.UID]imap.UID) (d Detected, rest []Entry) {
	d = Detected{Kind: IDPreset, Presets: m.names}
	for _, e := range list {
		i, ok := m.makes[e.UniqueID]
		if uid := copied[e.UID]; ok && uid != 0 {
			ok = uid == m.copies[i].UID
		} else if ok && !m.proof {
			ok = e.Size != 0 && e.Size == m.copies[i].Size
		}
		if !ok {
			rest = append(rest, e)
			continue
		}
		if d.Messages++; d.Example == "" {
			d.Example = e.UniqueID
		}
	}
	return d, rest
}

// byShape divides unique-ids by what they look like.
func byShape(list []Entry) []Detected {
	kinds := make(map[IDKind]*Detected)
	for _, e := range list {
		kind := IDOpaque
		switch {
		case courierID.MatchString(e.UniqueID):
			kind = IDCourier
		case fileID.MatchString(e.UniqueID):
			kind = IDFile
		}
		if kinds[kind] == nil {
			kinds[kind] = &Detected{Kind: kind, Example: e.UniqueID}
		}
		kinds[kind].Messages++
	}
	var found []Detected
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		found = append(found, *kinds[kind])
	}
	return found
}
