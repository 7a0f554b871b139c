package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"popbridge/tests/servers"
)

// site is what a run has on its machine: the upstream with its mailboxes, and
// the proxies in front of it.
type site struct {
	*stage
	upstream *servers.Server
	dir      string // of the upstream's mailboxes
	pinned   *tls.Config
	boxes    map[string]*box
	sides    map[string]*contender
	logins   int // fresh names so far
	options
}

// entry is a POP3 port.
type entry struct {
	address string
	tls     *tls.Config   // nil: plain
	resumed *atomic.Int64 // counts the sessions of TLS that were resumed; nil: none can be
	most    time.Duration // that a session may take; 0: as long as any
}

// contender is one of those that are compared.
type contender struct {
	name        string
	plain       entry
	secure      entry
	pids        func() []int // of its processes; for the upstream's own POP3 those of the upstream
	upstreamTo  string       // where it connects upstream
	distinctive string       // for accounts that only this contender sees
	config      string       // of popbridge
	sends       string       // where it takes mail
}

// newSite starts the upstream.
func newSite(s *stage, o options) *site {
	dir, err := os.MkdirTemp("", "popbridge-bench-")
	s.must(err)
	s.Cleanup(func() { s.logError(os.RemoveAll(dir)) })
	s.must(os.Chmod(dir, 0o755))
	site := &site{stage: s, dir: dir, options: o, boxes: make(map[string]*box), sides: make(map[string]*contender)}
	site.upstream = servers.StartDovecot(s, servers.Dovecot{Users: map[string]string{}, Extra: upstreamConf(dir)})
	site.pinned, err = pinned(filepath.Join(site.upstream.Dir, "cert.pem"))
	s.must(err)
	return site
}

// pinned is what the load's devices do under TLS: as little as the protocol
// allows, since they share the CPUs with what they measure. They compare the
// certificate instead of verifying its chain, offer the one key exchange that
// all contenders have, and have no session to resume.
func pinned(file string) (*tls.Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return &tls.Config{
		InsecureSkipVerify: true,
		CurvePreferences:   []tls.CurveID{tls.X25519},
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !bytes.Equal(raw[0], block.Bytes) {
				return errors.New("it shows another certificate than the other contenders")
			}
			return nil
		},
	}, nil
}

// resuming is a TLS port to a device that offers the session of its last connection.
func (e entry) resuming() entry {
	e.tls = e.tls.Clone()
	e.tls.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	e.resumed = new(atomic.Int64)
	return e
}

func (s *stage) logError(err error) {
	if err != nil {
		s.Logf("%v", err)
	}
}

// upstreamConf makes any name log in, at the mailbox that its domain names. Mail
// processes serve one connection after another, since a new one for each costs
// more than a poll does. Those that wait end soon: a new connection wakes them
// all, which after a burst of 10,000 logins takes more time than the logins.
func upstreamConf(dir string) string {
	return fmt.Sprintf(`passdb {
 driver = static
 args = password=%s
}
mail_location = maildir:%s/%%d/Maildir
auth_cache_size = 64M
maildir_very_dirty_syncs = yes
service imap {
 process_limit = 12000
 process_min_avail = 8
 service_count = 0
 idle_kill = 2s
}
service pop3 {
 process_min_avail = 8
 service_count = 0
}
service imap-login {
 process_min_avail = 2
}
service pop3-login {
 process_min_avail = 2
}
default_client_limit = 30000
%s`, password, dir, servers.PostfixAuth(filepath.Join(dir, "auth")))
}

// box gives a mailbox of n messages of about so many octets; it is made when it
// is first asked for.
func (s *site) box(name string, n, size int) *box {
	if b := s.boxes[name]; b != nil {
		return b
	}
	b, err := fill(s.dir, name, n, size)
	s.must(err)
	s.must(give(filepath.Join(s.dir, name)))
	s.boxes[name] = b
	// The first login lets the upstream index the mailbox.
	own := s.own()
	s.must(own.plain.session("reference", b, func(d *device) error {
		if _, err := d.say("UIDL"); err != nil {
			return err
		}
		wire, err := d.body()
		b.uidl = answerOf(wire)
		if err != nil {
			return err
		}
		return d.listing("LIST", b.list)
	}))
	return b
}

// give lets the upstream's mail user own a mailbox.
func give(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := servers.MailUser()
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, uid, gid)
	})
}

// side gives a contender, which is started when it is first asked for.
func (s *site) side(name string, start func() *contender) *contender {
	if s.sides[name] == nil {
		s.sides[name] = start()
	}
	return s.sides[name]
}

// own is the upstream's own POP3 server: what the wire and the disk allow.
func (s *site) own() *contender {
	return s.side("own", func() *contender {
		return &contender{
			name: "own", plain: entry{address: s.upstream.POP3}, secure: entry{address: s.upstream.POP3S, tls: s.pinned},
			pids: s.upstream.Pids, distinctive: "o",
		}
	})
}
