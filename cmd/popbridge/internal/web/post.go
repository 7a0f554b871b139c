package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// maxReply is how much of an answer is read, in octets, so that its connection can serve
// the next request.
const maxReply = 64 << 10

// Post sends JSON to somebody else's address and gives the status of the answer, whose
// text is nothing to us. Its errors do not name the address, which may hold a secret.
func Post(ctx context.Context, client *http.Client, to string, header http.Header, body []byte) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the address to post to is not a URL such as https://example.org/hook")
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	got, err := client.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err
		}
		return 0, err
	}
	defer got.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(got.Body, maxReply))
	return got.StatusCode, nil
}
