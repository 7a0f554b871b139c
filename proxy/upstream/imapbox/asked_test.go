package imapbox

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// TestSilentMailboxesShare their blocks of the configuration, and lose nothing of what they
// were opened for but that a parked connection was to be taken: once open they log in as
// they need to.
func TestSilentMailboxesShare(t *testing.T) {
	request := func(account string) backend.Request {
		return backend.Request{
			Upstream: configs.Upstream{Name: "mail", Ignore: []string{"MOVE"}}, Maildrop: configs.Maildrop{Name: "default", Mailbox: configs.Mailboxes{"INBOX"}},
			Account: account, Owner: translate.Login{Account: account}, Password: configs.NewSecret("secret"), Bearer: configs.NewSecret("token"),
			Use: backend.ToLook, Kept: true, TargetsLater: true, Client: netip.MustParseAddr("192.0.2.1"), Log: hclog.NewNullLogger(),
		}
	}
	var b blocks
	alice, bob := askedFor(request("alice")), askedFor(request("bob"))
	b.share(&alice)
	b.share(&bob)
	if alice.Upstream != bob.Upstream || alice.Maildrop != bob.Maildrop {
		t.Error("each has blocks of its own")
	}
	for account, a := range map[string]asked{"alice": alice, "bob": bob} {
		opened := request(account)
		for i := range reflect.TypeOf(opened).NumField() {
			if reflect.ValueOf(opened).Field(i).IsZero() {
				t.Errorf("%s is not tried here", reflect.TypeOf(opened).Field(i).Name)
			}
		}
		opened.Kept = false
		if r := a.request(); !reflect.DeepEqual(r, opened) {
			t.Errorf("%s's request has become %+v", account, r)
		}
	}
}
