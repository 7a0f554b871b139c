package imapbox

import (
	"iter"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// onward looks for the message behind the one that is fetched.
type onward struct {
	uid  goimap.UID
	take func(translate.Message) bool // first, made once and not for each message
}

// of is the UID of the first of some messages, 0 where there is none.
func (o *onward) of(next iter.Seq[translate.Message]) goimap.UID {
	o.uid = 0
	next(o.take)
	return o.uid
}

// first takes the first message of an iterator.
func (o *onward) first(n translate.Message) (goOn bool) {
	o.uid = n.UID
	return false
}
