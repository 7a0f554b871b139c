package imapbox

import (
	"errors"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

const (
	// maxRefused bounds how often a server is asked in parts that refuses them.
	maxRefused = 100
	// maxHangups bounds how often a server is asked in parts that ends the connection
	// over them: each time costs a login. It is enough for three bad messages among a
	// thousand; the next session goes on with what is left.
	maxHangups = 30
	// maxFruitlessHangups bounds it where nothing was done at all: two attempts with
	// everything, both halves, and their halves. Then it is the server, and no message.
	maxFruitlessHangups = 8
)

// parts asks a server for something to be done with many messages and, where it refuses
// on account of one, or ends the connection over one, with ever fewer, until only those
// are left that it does not take alone.
type parts struct {
	ask func(some goimap.UIDSet, attempts int) error
	// left gives those of a refused set for which something is left to do.
	left func(goimap.UIDSet) (goimap.UIDSet, error)
	// courtesy is not worth a lost connection.
	courtesy bool
	// inOrder says that a server does some of a set from its beginning: what it comes
	// to grief over is the first that is left, where any was done.
	inOrder bool

	done              bool // something was
	refusals, hangups int
	refused           goimap.UIDSet
	cause             error // of the first refusal
}

// run gives an error where there is no answer, and a Refusal as it is: that was
// said of something else. Parts of one size come before their halves: where one
// of them is done it is known early that the server is well.
func (p *parts) run(uids goimap.UIDSet) error {
	for queue := []goimap.UIDSet{uids}; len(queue) > 0; queue = queue[1:] {
		part := queue[0]
		if p.hopeless() {
			p.refused.AddSet(part)
			continue
		}
		attempts := upstream.Attempts
		if p.hangups > 0 {
			attempts = 1
		}
		err := p.ask(part, attempts)
		if err == nil {
			p.done = true
			continue
		}
		divisible, known := p.note(err)
		if !known {
			return err
		}
		asked := len(translate.Members(part))
		if part, err = p.left(part); err != nil {
			return err
		}
		list := translate.Members(part)
		if p.inOrder && len(list) < asked {
			p.done = true
		}
		if len(list) == 0 || len(list) == 1 && (!p.inOrder || asked == 1) || !divisible {
			p.refused.AddSet(part)
			continue
		}
		middle := len(list) / 2
		if p.inOrder && len(list) < asked {
			middle = min(1, len(list)-1)
		}
		for _, half := range [][]goimap.UID{list[:middle], list[middle:]} {
			if len(half) > 0 {
				queue = append(queue, goimap.UIDSetNum(half...))
			}
		}
	}
	return nil
}

// note counts what came instead of success. It reports whether fewer messages may do
// better, and whether it is an answer at all.
func (p *parts) note(err error) (divisible, known bool) {
	var hung hungUp
	var judged *translate.Refusal
	var no *imap.StatusError
	switch {
	case errors.As(err, &hung):
		p.hangups++
		divisible, known = true, !p.courtesy
	case errors.As(err, &judged) || !errors.As(err, &no) || no.Type == "BYE":
		return false, false
	default:
		p.refusals++
		divisible, known = p.refusals < maxRefused && translate.OfOneMessage(no.Code, no.Text), true
	}
	if p.cause == nil {
		p.cause = err
	}
	return divisible, known
}

// hopeless reports whether to ask again is no use.
func (p *parts) hopeless() bool {
	// The first time counts for one, and was two attempts.
	return p.hangups >= maxHangups || !p.done && p.hangups > maxFruitlessHangups-2
}
