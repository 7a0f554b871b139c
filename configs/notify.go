package configs

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Notify says whom the service tells by itself what operators should hear of.
type Notify struct {
	Webhook     Secret        `key:"webhook" unit:"https:// URL" sample:"https://hooks.example.org/popbridge" doc:"Where each piece of news is posted, as JSON: devices that are overdue or back, upstreams that are away, authorizations that are refused, what expires, QUITs that were not confirmed, mailboxes that are held back, a ledger that fails. It is tried again until the answer is 2xx. Empty tells nobody. An address that is itself a secret is best kept in a file that webhook_file names."`
	Secret      Secret        `key:"secret" sample:"what openssl rand -hex 32 prints" doc:"Signs what is posted (HMAC-SHA-256, as Standard Webhooks has it), so that the receiver knows who has sent it; best kept in a file that secret_file names. With whsec_ before it, it is base64."`
	MinInterval time.Duration `key:"min_interval" default:"1h" min:"0s" unit:"duration" doc:"How often the same kind of news about the same device, account or upstream is told at most. What happens again in between is counted, and told when the time is over."`
}

// On reports whether anybody is told.
func (n Notify) On() bool { return !n.Webhook.Empty() }

// Key is what signs, nil where nothing does.
func (n Notify) Key() ([]byte, error) {
	text := n.Secret.Reveal()
	encoded, ok := strings.CutPrefix(text, "whsec_")
	if !ok {
		return []byte(text), nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("what follows whsec_ is not base64; write it as the receiver shows it, or a secret without whsec_")
	}
	return key, nil
}

// checkNotify looks at who is told.
func (r *reading) checkNotify(n Notify) {
	webhook, secret := r.givenAs("notify.webhook"), r.givenAs("notify.secret")
	if r.wrong[webhook] || r.wrong[secret] {
		return
	}
	key, err := n.Key()
	switch {
	case err != nil:
		r.errorf(secret, "%s", err)
	case n.On() && len(key) == 0:
		r.warnf("notify.webhook", "messages are not signed, so whoever knows the address can forge them; name a file with a secret in secret_file")
	case len(key) > 0 && len(key) < weakSecret:
		r.warnf(secret, "it can be guessed; make one with openssl rand -hex 32")
	}
	if !n.On() {
		if len(key) > 0 {
			r.warnf("notify.webhook", "is empty, so nobody is told; write for example \"https://hooks.example.org/popbridge\"")
		}
		return
	}
	u, err := url.Parse(n.Webhook.Reveal())
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		r.errorf(webhook, "is not a web address; write for example \"https://hooks.example.org/popbridge\"")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		r.errorf(webhook, "http:// shows the names of devices and accounts to everyone on the way; write https://, unless the service is on this machine")
	}
}
