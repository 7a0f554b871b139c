package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"popbridge/tests/servers"
)

// imapc starts Dovecot's POP3 server over imapc storage in front of an IMAP
// server, with what its documentation recommends: indexes on disk, sizes from
// RFC822.SIZE, login and mail processes that serve one connection after another,
// and a cache of passwords, without which each login would be two upstream.
func (s *site) imapc(name, address string) *contender {
	return s.side(name, func() *contender {
		host, port, err := net.SplitHostPort(address)
		s.must(err)
		d := servers.StartDovecot(s.stage, servers.Dovecot{Users: map[string]string{}, NoSpecialUse: true, Extra: fmt.Sprintf(imapcConf, host, port)})
		for _, file := range []string{"ca.pem", "cert.pem", "key.pem"} {
			data, err := os.ReadFile(filepath.Join(s.upstream.Dir, file))
			s.must(err)
			s.must(os.WriteFile(filepath.Join(d.Dir, file), data, 0o600))
		}
		d.Restart(s.stage)
		return &contender{
			name: "imapc", plain: entry{address: d.POP3}, secure: entry{address: d.POP3S, tls: s.pinned},
			pids: d.Pids, upstreamTo: address, distinctive: "i",
		}
	})
}

const imapcConf = `passdb {
 driver = imap
 args = host=%[1]s port=%[2]s
 default_fields = userdb_imapc_user=%%u userdb_imapc_password=%%w
}
auth_cache_size = 64M
auth_cache_ttl = 1 hour
mail_location = imapc:~/imapc
imapc_host = %[1]s
imapc_port = %[2]s
imapc_features = rfc822.size fetch-headers
default_client_limit = 30000
service pop3-login {
 process_min_avail = 2
}
service pop3 {
 process_min_avail = 8
 service_count = 0
}
`

// popbridge starts "popbridge serve" in front of an IMAP server. state is a driver
// that needs no more, or a PostgreSQL connection string.
func (s *site) popbridge(name, address, state string) *contender {
	return s.popbridgeTo(name, address, "", state)
}

// popbridgeTo is popbridge with more keys of the upstream, in YAML's flow form.
func (s *site) popbridgeTo(name, address, keys, state string) *contender {
	return s.popbridgeListening(name, address, keys, "", state)
}

// popbridgeListening is popbridgeTo with more listeners, in YAML.
func (s *site) popbridgeListening(name, address, keys, listeners, state string) *contender {
	return s.side(name, func() *contender {
		s.build()
		dir, err := os.MkdirTemp(s.dir, "state-")
		s.must(err)
		ports := servers.FreePorts(s.stage, 2)
		plain, secure := fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
		driver, source := state, filepath.Join(dir, "state.db")
		if strings.HasPrefix(state, "postgres://") {
			driver, source = "postgres", state
		}
		config := fmt.Sprintf(popbridgeConf, driver, source, plain, secure, s.upstream.Dir, address, keys, listeners)
		path := filepath.Join(dir, "popbridge.yaml")
		s.must(os.WriteFile(path, []byte(config), 0o600))
		log, err := os.Create(filepath.Join(dir, "log"))
		s.must(err)
		cmd := exec.Command(s.binary, "serve", "--config", path)
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
		s.must(cmd.Start())
		ended := make(chan error, 1)
		go func() {
			ended <- cmd.Wait()
			close(ended) // for stop, where awaitReady has taken what it was
		}()
		s.Cleanup(func() { stop(cmd, ended) })
		c := &contender{
			name: "popbridge", plain: entry{address: plain}, secure: entry{address: secure, tls: s.pinned},
			pids: func() []int { return []int{cmd.Process.Pid} }, upstreamTo: address, distinctive: "p", config: path,
		}
		s.awaitReady(c, ended, log.Name())
		return c
	})
}

// build builds the popbridge of this tree, once, unless another one is to be measured.
func (s *site) build() {
	if s.binary != "" {
		return
	}
	s.binary = filepath.Join(s.dir, "popbridge")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", s.binary, "popbridge/cmd/popbridge")
	build.Env, build.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	s.must(build.Run())
}

const popbridgeConf = `
state:
  driver: %[1]s
  source: "%[2]s"
listener:
  plain: {address: "%[3]s", tls: none, plaintext_auth: true}
  secure: {address: "%[4]s", tls: implicit, certificate: "%[5]s/cert.pem", key: "%[5]s/key.pem"}
%[8]supstream:
  mail: {address: "%[6]s", tls: none%[7]s}
limits:
  connections: 20000
  connections_per_ip_exempt: ["127.0.0.0/8"]
`

// awaitReady waits for a greeting; a process that has ended is a failure.
func (s *site) awaitReady(c *contender, ended chan error, log string) {
	for {
		d, err := connect(c.plain.address, nil)
		if err == nil {
			d.close()
			return
		}
		select {
		case err := <-ended:
			text, _ := os.ReadFile(log)
			s.Fatalf("popbridge ended at once: %v\n%s", err, text)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop ends a process in good order, and without it after a while.
func stop(cmd *exec.Cmd, ended chan error) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // an error says that it is gone
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
	}
}
