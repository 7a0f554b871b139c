package imapbox

import (
	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
)

// idleKey says who may use an idle connection: the same upstream, set up alike, the
// same account and the same mailbox. The credential is compared apart from it.
type idleKey struct {
	upstream, address, caFile string
	hostGiven                 bool // a directory has given the address
	tls                       configs.TLS
	method                    upstream.Digest // how to log in there
	account, mailbox          string
}

func (p *Pool) keyOf(req backend.Request) idleKey {
	key := p.keyOfUpstream(req.Upstream)
	key.account, key.mailbox = req.Account, req.Maildrop.Mailbox.String()
	return key
}

// keyOfUpstream is the part of a key that belongs to the upstream.
func (p *Pool) keyOfUpstream(u configs.Upstream) idleKey {
	return idleKey{upstream: u.Name, address: u.Address, hostGiven: u.HostGiven, caFile: u.CAFile, tls: u.TLS, method: p.dialer.Credentials.Method(u)}
}
