package translate_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

const (
	inbox   = "INBOX"
	trash   = "Trash"
	archive = "Archive"
)

// world is a model of the mailboxes that a Plan works on. A message is known by
// a name that stays the same wherever it is copied or moved.
type world struct {
	server   translate.Server
	source   map[imap.UID]*stored
	copies   map[string]map[string]bool // by mailbox other than the source, then by message
	expunged map[string]bool
	moody    bool // says NO to \Seen, whatever PERMANENTFLAGS said
}

// stored is one message of the source mailbox, with the flags kept for good.
type stored struct {
	name string
	kept map[imap.Flag]bool
}

func newWorld(s translate.Server) *world {
	return &world{server: s, source: make(map[imap.UID]*stored), copies: make(map[string]map[string]bool), expunged: make(map[string]bool)}
}

func (w *world) clone() *world {
	c := newWorld(w.server)
	for uid, m := range w.source {
		c.source[uid] = &stored{m.name, maps.Clone(m.kept)}
	}
	for box, names := range w.copies {
		c.copies[box] = maps.Clone(names)
	}
	c.expunged, c.moody = maps.Clone(w.expunged), w.moody
	return c
}

// errPlain is a breach of the rules by the plan itself, not a server's NO.
var errPlain = errors.New("the plan breaks a rule")

// do carries out one op as a server would, or refuses it.
func (w *world) do(op translate.Op) error {
	if len(op.UIDs) == 0 || op.UIDs.Dynamic() {
		return fmt.Errorf("%w: op %+v does not name its messages", errPlain, op)
	}
	if w.server.ReadOnly && op.Kind != translate.OpCopy {
		return errors.New("NO the mailbox is read-only")
	}
	switch op.Kind {
	case translate.OpStore:
		return w.store(op)
	case translate.OpCopy, translate.OpMove:
		return w.transfer(op)
	case translate.OpExpunge:
		if !w.server.Caps.Has(imap.CapUIDPlus) {
			return fmt.Errorf("%w: UID EXPUNGE without UIDPLUS", errPlain)
		}
		for uid, m := range w.source {
			if op.UIDs.Contains(uid) && m.kept[imap.FlagDeleted] {
				w.expunge(uid)
			}
		}
		return nil
	}
	return fmt.Errorf("%w: op kind %d", errPlain, op.Kind)
}

func (w *world) store(op translate.Op) error {
	if !w.keeps(op.Flag) || w.moody && op.Flag == imap.FlagSeen {
		return fmt.Errorf("NO the flag %s is not kept", op.Flag)
	}
	for uid, m := range w.source {
		if op.UIDs.Contains(uid) {
			m.kept[op.Flag] = true
		}
	}
	return nil
}

func (w *world) transfer(op translate.Op) error {
	if op.To == w.server.Mailbox || op.To == "" {
		return fmt.Errorf("%w: a move to %q", errPlain, op.To)
	}
	move := op.Kind == translate.OpMove
	if move && !w.server.Caps.Has(imap.CapMove) {
		return fmt.Errorf("%w: UID MOVE without MOVE", errPlain)
	}
	if w.copies[op.To] == nil {
		w.copies[op.To] = make(map[string]bool)
	}
	for uid, m := range w.source {
		if op.UIDs.Contains(uid) {
			w.copies[op.To][m.name] = true
			if move {
				delete(w.source, uid)
			}
		}
	}
	return nil
}

// keeps is written from RFC 9051 §7.1 and not from the code under test: no
// PERMANENTFLAGS means all, `\*` means any keyword.
func (w *world) keeps(flag imap.Flag) bool {
	if w.server.PermanentFlags == nil || slices.Contains(w.server.PermanentFlags, flag) {
		return true
	}
	return flag[0] != '\\' && slices.Contains(w.server.PermanentFlags, imap.FlagWildcard)
}

func (w *world) expunge(uid imap.UID) {
	w.expunged[w.source[uid].name] = true
	delete(w.source, uid)
}

// expungeAll is what another client's EXPUNGE does: it may come at any moment,
// so a message that carries \Deleted alone is as good as gone.
func (w *world) expungeAll() {
	for uid, m := range w.source {
		if m.kept[imap.FlagDeleted] {
			w.expunge(uid)
		}
	}
}

// holds reports whether a message is in any mailbox.
func (w *world) holds(name string) bool {
	for _, m := range w.source {
		if m.name == name {
			return true
		}
	}
	for _, box := range w.copies {
		if box[name] {
			return true
		}
	}
	return false
}

// listing is what a full listing of the source gives now.
func (w *world) listing() translate.Listing {
	l := translate.Listing{UIDValidity: 7}
	for _, uid := range slices.Sorted(maps.Keys(w.source)) {
		e := translate.Entry{UID: uid, Size: 10}
		if w.source[uid].kept[imap.FlagDeleted] {
			e.Flags |= translate.FlagDeleted
		}
		if w.source[uid].kept[translate.KeywordDeleted] {
			e.Flags |= translate.FlagPOP3Deleted
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}
