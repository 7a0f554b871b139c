package alarms

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"popbridge/cmd/popbridge/internal/web"
	"popbridge/configs"
	"popbridge/proxy/ledger/notices"
)

// Message is what is posted, as JSON.
type Message struct {
	ID   string       `json:"id"`   // the same where it comes twice
	Kind notices.Kind `json:"kind"` // what has happened
	// Ends is the kind of an earlier message about the same, which is over; empty: none.
	Ends  notices.Kind `json:"ends_kind,omitempty"`
	Text  string       `json:"text"`     // for people, in one line
	At    time.Time    `json:"at"`       // when it happened last
	First time.Time    `json:"first_at"` // of those that are told of here
	Times int64        `json:"times"`    // since it was last told
	Proxy string       `json:"proxy"`    // who tells
	URL   string       `json:"url,omitempty"`
	notices.Facts
}

func (m *Messenger) message(n notices.Notice) Message {
	return Message{
		ID: n.ID, Kind: n.Kind, Ends: n.Kind.Ends(), Text: text(n), At: n.At, First: n.First, Times: n.Times, Proxy: m.Proxy,
		URL: m.Config().Admin.URL, Facts: n.Facts,
	}
}

// post sends a message, signed as Standard Webhooks has it: webhook-signature is "v1," and
// the base64 of the HMAC-SHA-256 of webhook-id, a dot, webhook-timestamp (seconds since
// 1970), a dot, and the body. Its errors do not hold the address, which may be a secret.
func (m *Messenger) post(ctx context.Context, to configs.Notify, what Message) (err error) {
	defer func() {
		if m.Count != nil {
			m.Count(what.Kind, err == nil)
		}
	}()
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	stamp := strconv.FormatInt(m.now().Unix(), 10)
	header := http.Header{}
	header.Set("User-Agent", "popbridge/"+m.Version)
	header.Set("Webhook-Id", what.ID)
	header.Set("Webhook-Timestamp", stamp)
	key, err := to.Key()
	if err != nil {
		return err
	}
	if len(key) > 0 {
		header.Set("Webhook-Signature", "v1,"+Sign(key, what.ID, stamp, body))
	}
	status, err := web.Post(ctx, &m.client, to.Webhook.Reveal(), header, body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("it answers %d", status)
	}
	return err
}

// Sign is the signature of a message.
func Sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body) // a hash takes all
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
