// Package remote asks a service elsewhere what commands ask, by its API.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"popbridge/proxy/admin/api"
	"popbridge/proxy/admin/desk"
)

// Service is a desk.Desk at a running service.
type Service struct {
	root  *url.URL
	token string
	http  http.Client
}

// patience bounds one answer; who undeletes waits for a mail server.
const patience = 5 * time.Minute

// New makes a Service of its address, such as https://popbridge.example.org/, and a token.
func New(address, token string) (*Service, error) {
	root, err := url.Parse(address)
	if err != nil || root.Scheme != "http" && root.Scheme != "https" || root.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a service; write for example https://popbridge.example.org/", address)
	}
	s := &Service{root: root, token: token}
	s.http.Timeout = patience
	// A token goes nowhere but where it was meant for.
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, nil
}

// maxAnswer bounds what is read of an answer, in octets.
const maxAnswer = 64 << 20

// ask sends a request and reads the answer. Names stand in the path as one element each.
func (s *Service) ask(ctx context.Context, method string, path []string, query url.Values, body, answer any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	for i, element := range path {
		path[i] = url.PathEscape(element)
	}
	to := strings.TrimRight(s.root.String(), "/") + api.Root + "/" + strings.Join(path, "/")
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, to, sent)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if err != nil {
		return err
	}
	if got.StatusCode != http.StatusOK {
		return refusal(got, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s does not answer as popbridge's API does: %w", s.root.Host, err)
	}
	return nil
}

// refusal makes an error of a problem.
func refusal(got *http.Response, text []byte) error {
	kind, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
	var p api.Problem
	if kind != "application/problem+json" || json.Unmarshal(text, &p) != nil {
		return fmt.Errorf("%s answers %s; is that the address of popbridge's API?", got.Request.URL.Host, got.Status)
	}
	err := errors.New(p.Detail)
	switch got.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return &desk.Fault{Kind: desk.Invalid, Err: err}
	case http.StatusNotFound:
		return &desk.Fault{Kind: desk.Unknown, Err: err}
	case http.StatusConflict:
		return &desk.Fault{Kind: desk.Conflict, Err: err}
	}
	return err
}

// atOnce is how much of a list is asked for with one request.
const atOnce = "1000"

// Sessions is desk.Desk's.
func (s *Service) Sessions(ctx context.Context, account string) (all desk.Roll, err error) {
	for next := ""; ; {
		var part api.Sessions
		if err := s.ask(ctx, "GET", []string{"sessions"}, chosen("account", account, "limit", atOnce, "after", next), nil, &part); err != nil {
			return all, err
		}
		part.Sessions = append(all.Sessions, part.Sessions...)
		all = part.Roll
		if next = part.Next; next == "" {
			return all, nil
		}
	}
}

// Kick is desk.Desk's.
func (s *Service) Kick(ctx context.Context, account, device string) (k desk.Kicked, err error) {
	return k, s.ask(ctx, "POST", []string{"accounts", account, "kick"}, nil, api.Kick{Device: device}, &k)
}

// Disable is desk.Desk's.
func (s *Service) Disable(ctx context.Context, account, reason string) (d desk.Disabled, err error) {
	return d, s.ask(ctx, "POST", []string{"accounts", account, "disable"}, nil, api.Disable{Reason: reason}, &d)
}

// Enable is desk.Desk's.
func (s *Service) Enable(ctx context.Context, account string) (e desk.Enabled, err error) {
	return e, s.ask(ctx, "POST", []string{"accounts", account, "enable"}, nil, nil, &e)
}

// Accounts is desk.Desk's.
func (s *Service) Accounts(ctx context.Context, q desk.AccountQuery) (all desk.AccountPage, err error) {
	all.Accounts = []desk.ListedAccount{}
	for next := q.After; ; {
		var part api.Accounts
		if err := s.ask(ctx, "GET", []string{"accounts"}, chosen("search", q.Prefix, "limit", atOnce, "after", next), nil, &part); err != nil {
			return all, err
		}
		all.Accounts = append(all.Accounts, part.Accounts...)
		next = part.Next
		if q.Limit > 0 && len(all.Accounts) >= q.Limit {
			all.More = len(all.Accounts) > q.Limit || next != ""
			all.Accounts = all.Accounts[:q.Limit]
			return all, nil
		}
		if next == "" {
			return all, nil
		}
	}
}

// Account is desk.Desk's.
func (s *Service) Account(ctx context.Context, account string) (a desk.Account, err error) {
	return a, s.ask(ctx, "GET", []string{"accounts", account}, nil, nil, &a)
}

// Deletions is desk.Desk's.
func (s *Service) Deletions(ctx context.Context, account string, q desk.DeletionQuery) (all []desk.Deletion, err error) {
	all = []desk.Deletion{}
	query := chosen("message", q.MessageID, "limit", atOnce)
	if !q.Since.IsZero() {
		query.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if q.Device != nil {
		query.Set("device", *q.Device)
	}
	if q.Before > 0 {
		query.Set("before", strconv.FormatInt(q.Before, 10))
	}
	for {
		var part api.Deletions
		if err := s.ask(ctx, "GET", []string{"accounts", account, "deletions"}, query, nil, &part); err != nil {
			return all, err
		}
		all = append(part.Deletions, all...)
		if q.Last > 0 && len(all) >= q.Last {
			return all[len(all)-q.Last:], nil
		}
		if part.Next == "" {
			return all, nil
		}
		query.Set("before", part.Next)
	}
}

// Undelete is desk.Desk's.
func (s *Service) Undelete(ctx context.Context, account string, u desk.Undelete) (r desk.Restored, err error) {
	body := api.Undelete{MessageID: u.MessageID, Line: u.Line, Device: u.Device, Password: u.Password, Login: u.Login, DryRun: u.DryRun}
	if !u.Since.IsZero() {
		body.Since = u.Since.Format(time.RFC3339Nano)
	}
	return r, s.ask(ctx, "POST", []string{"accounts", account, "undelete"}, nil, body, &r)
}

// Devices is desk.Desk's.
func (s *Service) Devices(ctx context.Context, account string) ([]desk.Device, error) {
	var d api.Devices
	err := s.ask(ctx, "GET", []string{"accounts", account, "devices"}, nil, nil, &d)
	return d.Devices, err
}

// AddDevice is desk.Desk's.
func (s *Service) AddDevice(ctx context.Context, account, device string, n desk.NewDevice) (a desk.AddedDevice, err error) {
	return a, s.ask(ctx, "POST", []string{"accounts", account, "devices"}, nil, api.NewDevice{Device: device, NewDevice: n}, &a)
}

// RemoveDevice is desk.Desk's.
func (s *Service) RemoveDevice(ctx context.Context, account, device string) (r desk.RemovedDevice, err error) {
	return r, s.ask(ctx, "DELETE", []string{"accounts", account, "devices", device}, nil, nil, &r)
}

// RevokeDevice is desk.Desk's.
func (s *Service) RevokeDevice(ctx context.Context, account, device string) (n desk.DeviceName, err error) {
	return n, s.ask(ctx, "DELETE", []string{"accounts", account, "devices", device, "password"}, nil, nil, &n)
}

// chosen are the parameters of a query that are not empty.
func chosen(pairs ...string) url.Values {
	q := make(url.Values)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}
