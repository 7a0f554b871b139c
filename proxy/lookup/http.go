package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"

	"popbridge/configs"
	"popbridge/translate"
)

// maxAnswer bounds what a service may say, in octets.
const maxAnswer = 64 << 10

// service is a directory over HTTP.
type service struct {
	client *http.Client
	source *url.URL
	style  configs.LookupStyle
}

func newHTTP(l configs.Lookup) (*service, error) {
	u, err := url.Parse(l.Source.Reveal())
	if err != nil {
		return nil, errors.New("the address cannot be read; see lookup.source")
	}
	client := &http.Client{
		Transport: http.DefaultTransport.(*http.Transport).Clone(),
		// A redirect would send the names of accounts to who knows where.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &service{client: client, source: u, style: l.Style}, nil
}

func (s *service) reads(q translate.DirectoryQuestion) translate.DirectoryQuestion {
	if s.style == configs.LookupNginx {
		q.Device, q.Listener = "", ""
	}
	return q
}

func (s *service) ask(ctx context.Context, q translate.DirectoryQuestion) (answer translate.DirectoryAnswer, found bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.source.String(), nil)
	if err != nil {
		return answer, false, err
	}
	if s.style == configs.LookupNginx {
		askNginx(request.Header, q)
	} else {
		query := request.URL.Query()
		for key, value := range map[string]string{"account": q.Account, "device": q.Device, "listener": q.Listener, "client": q.Client} {
			query.Set(key, value)
		}
		request.URL.RawQuery = query.Encode()
		request.Header.Set("Accept", "application/json")
	}
	response, err := s.client.Do(request)
	if err != nil {
		var at *url.Error // its text would repeat the address, with a password perhaps
		if errors.As(err, &at) {
			err = at.Err
		}
		return answer, false, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer, false, err
	case response.StatusCode == http.StatusNotFound && s.style == configs.LookupJSON:
		return answer, false, nil
	case response.StatusCode != http.StatusOK:
		return answer, false, fmt.Errorf("the service answers %s", response.Status)
	case s.style == configs.LookupNginx:
		return readNginx(response.Header)
	case len(body) > maxAnswer:
		return answer, false, fmt.Errorf("the service's answer has more than %d octets", maxAnswer)
	}
	answer, err = readJSON(body)
	return answer, err == nil, err
}

// readJSON takes an object of the words of an answer; other words do not count.
func readJSON(body []byte) (answer translate.DirectoryAnswer, err error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return answer, errors.New("the service's answer is not a JSON object")
	}
	words := translate.DirectoryWords()
	for word, value := range object {
		if !slices.Contains(words, word) || value == nil {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return answer, fmt.Errorf("%q in the service's answer is not a text", word)
		}
		if err := answer.Set(word, text); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// askNginx sets the header fields of ngx_mail_auth_http_module, but for Auth-Pass: the
// password is the upstream's to look at.
func askNginx(h http.Header, q translate.DirectoryQuestion) {
	h.Set("Auth-Method", "plain")
	h.Set("Auth-User", q.Account)
	h.Set("Auth-Protocol", "pop3")
	h.Set("Auth-Login-Attempt", "1")
	if q.Client != "" {
		h.Set("Client-IP", q.Client)
	}
}

// readNginx reads its answer: a server and a port, a name to log in with, or a refusal,
// which a device hears as a wrong password.
func readNginx(h http.Header) (answer translate.DirectoryAnswer, found bool, err error) {
	if status := h.Get("Auth-Status"); status != "OK" {
		if status == "" {
			return answer, false, errors.New("the service's answer has no Auth-Status")
		}
		return answer, true, answer.Set("action", configs.ActionRefuse.String())
	}
	server, port := h.Get("Auth-Server"), h.Get("Auth-Port")
	if server == "" || port == "" {
		return answer, false, errors.New("the service's answer has Auth-Status: OK, and no Auth-Server or no Auth-Port")
	}
	if err := answer.Set("host", net.JoinHostPort(server, port)); err != nil {
		return answer, false, err
	}
	return answer, true, answer.Set("account", h.Get("Auth-User"))
}

func (s *service) close() { s.client.CloseIdleConnections() }
