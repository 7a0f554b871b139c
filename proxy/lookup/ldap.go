package lookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"popbridge/configs"
	"popbridge/translate"
)

// ldapDirectory is a directory that speaks LDAP (RFC 4511). It keeps one connection,
// over which searches go side by side. A plain one is turned into TLS by StartTLS
// (RFC 4511 §4.14) before anything is said, unless the server is this machine.
type ldapDirectory struct {
	configs.Lookup
	source     *url.URL
	attributes map[string]string // our word by theirs, in lower case
	wanted     []string

	mu   sync.Mutex
	conn *ldap.Conn // nil: none
}

func newLDAP(l configs.Lookup) (*ldapDirectory, error) {
	u, err := url.Parse(l.Source.Reveal())
	if err != nil {
		return nil, errors.New("the address cannot be read; see lookup.source")
	}
	d := &ldapDirectory{Lookup: l, source: u, attributes: make(map[string]string)}
	for word, theirs := range map[string]string{
		"upstream": l.Attributes.Upstream, "host": l.Attributes.Host, "account": l.Attributes.Account,
		"maildrop": l.Attributes.Maildrop, "login": l.Attributes.Login, "action": l.Attributes.Action,
	} {
		if theirs != "" {
			d.attributes[strings.ToLower(theirs)] = word
			d.wanted = append(d.wanted, theirs)
		}
	}
	return d, nil
}

func (d *ldapDirectory) reads(q translate.DirectoryQuestion) translate.DirectoryQuestion {
	return translate.DirectoryQuestion{Account: q.Account}
}

func (d *ldapDirectory) ask(ctx context.Context, q translate.DirectoryQuestion) (answer translate.DirectoryAnswer, found bool, err error) {
	conn, reused, err := d.connection(ctx)
	if err != nil {
		return answer, false, err
	}
	entries, err := d.search(ctx, conn, q.Account)
	if err != nil && reused && ctx.Err() == nil && ldap.IsErrorWithCode(err, ldap.ErrorNetwork) {
		// The server has closed what lay idle.
		d.drop(conn)
		if conn, _, err = d.connection(ctx); err != nil {
			return answer, false, err
		}
		entries, err = d.search(ctx, conn, q.Account)
	}
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return answer, false, errors.New("there is no entry " + d.Base + "; see lookup.base")
	case err != nil:
		d.drop(conn)
		return answer, false, err
	case len(entries) == 0:
		return answer, false, nil
	case len(entries) > 1:
		return answer, false, fmt.Errorf("the filter finds more than one entry for %.128q; it has to find one", q.Account)
	}
	for _, a := range entries[0].Attributes {
		if word := d.attributes[strings.ToLower(a.Name)]; word != "" && len(a.Values) > 0 {
			if err := answer.Set(word, a.Values[0]); err != nil {
				return answer, false, fmt.Errorf("the entry of %.128q: %w", q.Account, err)
			}
		}
	}
	return answer, true, nil
}

// search asks for at most two entries: a second one is a mistake of the filter.
func (d *ldapDirectory) search(ctx context.Context, conn *ldap.Conn, account string) ([]*ldap.Entry, error) {
	local, domain, _ := strings.Cut(account, "@")
	filter := strings.NewReplacer("{user}", ldap.EscapeFilter(account), "{local}", ldap.EscapeFilter(local), "{domain}", ldap.EscapeFilter(domain)).Replace(d.Filter)
	request := ldap.NewSearchRequest(d.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, max(1, int(d.Timeout/time.Second)), false, filter, d.wanted, nil)
	type outcome struct {
		result *ldap.SearchResult
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := conn.Search(request)
		done <- outcome{result, err}
	}()
	select {
	case <-ctx.Done():
		d.drop(conn) // which ends the search
		<-done
		return nil, ctx.Err()
	case o := <-done:
		if o.err != nil && !(ldap.IsErrorWithCode(o.err, ldap.LDAPResultSizeLimitExceeded) && o.result != nil && len(o.result.Entries) > 1) {
			return nil, o.err
		}
		return o.result.Entries, nil
	}
}

// connection gives one that is logged in, and whether it was there before.
func (d *ldapDirectory) connection(ctx context.Context) (conn *ldap.Conn, reused bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil && !d.conn.IsClosing() {
		return d.conn, true, nil
	}
	where := *d.source
	where.User = nil
	name := where.Hostname()
	conn, err = ldap.DialURL(where.Scheme+"://"+where.Host, ldap.DialWithDialer(&net.Dialer{Timeout: d.Timeout}), ldap.DialWithTLSConfig(&tls.Config{ServerName: name}))
	if err != nil {
		return nil, false, err
	}
	conn.SetTimeout(d.Timeout)
	if where.Scheme == "ldap" && !local(name) {
		if err := conn.StartTLS(&tls.Config{ServerName: name}); err != nil {
			_ = conn.Close()
			return nil, false, fmt.Errorf("StartTLS, without which no password is sent: %w", err)
		}
	}
	if who := d.source.User; who != nil {
		password, _ := who.Password()
		if err := conn.Bind(who.Username(), password); err != nil {
			_ = conn.Close()
			if strings.Contains(err.Error(), "timed out") {
				err = context.DeadlineExceeded // it is there, and silent
			}
			return nil, false, fmt.Errorf("logging in as %q: %w", who.Username(), err)
		}
	}
	d.conn = conn
	return conn, false, ctx.Err()
}

// local reports whether a host is this machine.
func local(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// drop closes a connection that is of no use any more.
func (d *ldapDirectory) drop(conn *ldap.Conn) {
	d.mu.Lock()
	if d.conn == conn {
		d.conn = nil
	}
	d.mu.Unlock()
	_ = conn.Close()
}

func (d *ldapDirectory) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		_ = d.conn.Close()
		d.conn = nil
	}
}
