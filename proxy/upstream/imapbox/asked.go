package imapbox

import (
	"net/netip"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// asked is the backend.Request that a mailbox was opened for. Nothing of the blocks that it
// points to changes; the mailboxes of silent sessions share them.
type asked struct {
	Upstream         *configs.Upstream
	Maildrop         *configs.Maildrop
	Account          string
	Owner            translate.Login
	Password, Bearer configs.Secret
	Use              backend.Use
	TargetsLater     bool
	Client           netip.Addr
	Log              hclog.Logger
}

func askedFor(r backend.Request) asked {
	// Each is copied by itself: what points into r would keep all of it.
	u, d := r.Upstream, r.Maildrop
	return asked{&u, &d, r.Account, r.Owner, r.Password, r.Bearer, r.Use, r.TargetsLater, r.Client, r.Log}
}

func (a *asked) request() backend.Request {
	return backend.Request{
		Upstream: *a.Upstream, Maildrop: *a.Maildrop, Account: a.Account, Owner: a.Owner, Password: a.Password, Bearer: a.Bearer,
		Use: a.Use, TargetsLater: a.TargetsLater, Client: a.Client, Log: a.Log,
	}
}

// blocks are those of the configuration that mailboxes share.
type blocks struct {
	upstreams configs.Sharer[configs.Upstream]
	maildrops configs.Sharer[configs.Maildrop]
}

// share has a mailbox hold the same blocks as others do, while its session is silent.
func (b *blocks) share(a *asked) {
	a.Upstream = b.upstreams.Share(a.Upstream.Name, a.Upstream)
	// What a maildrop says depends on its upstream.
	a.Maildrop = b.maildrops.Share(a.Upstream.Name+"\n"+a.Maildrop.Name, a.Maildrop)
}
