package imap

import (
	"context"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// Attr is a set of attributes of a message.
type Attr uint8

// The attributes that Fetch can ask for.
const (
	AttrFlags Attr = 1 << iota
	AttrSize
	AttrInternalDate
	AttrModSeq
	AttrEmailID
	AttrGmailMsgID
	AttrHeader
	attrUID
)

// Items says what Fetch asks for; the UID always comes. ModSeq needs CONDSTORE, EmailID OBJECTID, GmailMsgID X-GM-EXT-1:
// a message is handed out only with everything that was asked for, so ask only for what the server announces.
type Items struct {
	Flags, Size, InternalDate, ModSeq, EmailID, GmailMsgID bool
	HeaderFields                                           []string
	WholeHeader                                            bool // instead of some fields
	// Incomplete hands out responses, too, that name a message of the set without all that was asked for: Message.Has says what came.
	// Among them is what the server tells unasked. A response that cannot be understood is skipped then, unless a literal is in it.
	Incomplete bool
}

// Message is what a FETCH response says of one message. It and all that it refers to, but EmailID, are reused for the
// next message: copy what is to be kept.
type Message struct {
	UID          goimap.UID
	Seq          uint32 // good for nothing but a log: never name a message by it
	Has          Attr
	Size         int64 // RFC822.SIZE in octets: what the server claims; 0 where it says NIL
	Flags        []goimap.Flag
	InternalDate time.Time // in UTC; zero: not known
	ModSeq       uint64
	EmailID      string // RFC 8474
	GmailMsgID   uint64
	Header       []byte // the header or the fields asked for, as they stand, cut at Options.MaxLiteral
}

func (m *Message) reset(seq uint32) {
	*m = Message{Seq: seq, Flags: m.Flags[:0], Header: m.Header[:0]}
}

// listing is a Fetch that is under way.
type listing struct {
	want   Attr
	set    goimap.UIDSet
	static bool
	torn   bool // Items.Incomplete
	each   func(*Message) error
	err    error // of each; from then on nothing is handed out
}

func (g *listing) hand(m *Message) {
	if g.err == nil {
		g.err = g.each(m)
	}
}

// wants says whether the response is an answer: it has a UID of the set and all that was asked for. Others are news that
// the server tells unasked (RFC 3501 §7.4.2).
func (g *listing) wants(m *Message) bool {
	return m.Has&g.want == g.want && g.names(m)
}

func (g *listing) names(m *Message) bool {
	return m.UID != 0 && (!g.static || g.set.Contains(m.UID))
}

// Fetch lists messages (RFC 3501 §6.4.8): each is called once for each response with all that was asked for, in the order
// in which they come. It must not use the Conn. After an error of each nothing more is handed out, the rest of the answer is read, and
// the error is returned. With "N:*" the last message comes even if its UID is below N. Messages that do not exist are left out.
func (c *Conn) Fetch(ctx context.Context, set goimap.UIDSet, items Items, each func(*Message) error) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	g := &listing{want: items.attributes(), set: set, static: static(set), torn: items.Incomplete, each: each}
	c.asked = asked{listing: g}
	defer c.askedNothing()
	for _, text := range setTexts(set) {
		l := c.command("UID FETCH").raw(" ").raw(text).raw(" ")
		items.write(l)
		c.responses = 0
		if c.limit(); items.attributes()&AttrHeader != 0 {
			// Headers are cut out of bodies, which takes as long as it takes on a mailbox that is not in the server's cache.
			c.unlimit()
		}
		if _, err := c.run(l); err != nil {
			return err
		}
		if g.err != nil {
			return g.err
		}
	}
	return nil
}

func (i *Items) attributes() Attr {
	want := attrUID
	for _, a := range []struct {
		on   bool
		attr Attr
	}{
		{i.Flags, AttrFlags}, {i.Size, AttrSize}, {i.InternalDate, AttrInternalDate}, {i.ModSeq, AttrModSeq},
		{i.EmailID, AttrEmailID}, {i.GmailMsgID, AttrGmailMsgID}, {len(i.HeaderFields) > 0 || i.WholeHeader, AttrHeader},
	} {
		if a.on {
			want |= a.attr
		}
	}
	return want
}

func (i *Items) write(l *line) {
	l.raw("(UID")
	for _, a := range []struct {
		on   bool
		name string
	}{
		{i.Flags, " FLAGS"}, {i.Size, " RFC822.SIZE"}, {i.InternalDate, " INTERNALDATE"}, {i.ModSeq, " MODSEQ"},
		{i.EmailID, " EMAILID"}, {i.GmailMsgID, " X-GM-MSGID"}, {i.WholeHeader, " BODY.PEEK[HEADER]"},
	} {
		if a.on {
			l.raw(a.name)
		}
	}
	for n, field := range i.HeaderFields {
		sep := " "
		if n == 0 {
			sep = " BODY.PEEK[HEADER.FIELDS ("
		}
		l.atom("header field", sep, field)
	}
	if len(i.HeaderFields) > 0 {
		l.raw(")]")
	}
	l.raw(")")
}
