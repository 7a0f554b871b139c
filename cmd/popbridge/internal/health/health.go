// Package health asks a running service whether it can serve devices, from outside, as
// whoever restarts it does.
package health

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/pires/go-proxyproto"

	"popbridge/configs"
)

// maxAnswer bounds what is read of an answer, in octets.
const maxAnswer = 4096

// Ask gives the service's own word, or why it cannot serve. It asks /readyz where there
// is a metrics address, else the first listener by name.
func Ask(ctx context.Context, cfg *configs.Config) (string, error) {
	if cfg.Metrics.Address != "" {
		return askReady(ctx, here(cfg.Metrics.Address))
	}
	if len(cfg.Listener) == 0 {
		return "", errors.New("the configuration has no listener")
	}
	name := slices.Min(slices.Collect(maps.Keys(cfg.Listener)))
	l := cfg.Listener[name]
	answer, err := Greeting(ctx, l)
	if err != nil {
		return "", fmt.Errorf("listener %q at %s: %w", name, here(l.Address), err)
	}
	return answer, nil
}

// here is where this machine reaches what listens on an address: the loopback where it
// listens everywhere.
func here(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func askReady(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return "", err
	}
	// No proxy of the environment stands between a machine and itself.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	return strings.TrimSpace(string(text)), nil
}

// Greeting gives what a listener greets with, and leaves by QUIT.
func Greeting(ctx context.Context, l configs.Listener) (string, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", here(l.Address))
	if err != nil {
		return "", err
	}
	defer nc.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := nc.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	if self, ok := nc.LocalAddr().(*net.TCPAddr); ok && configs.Contains(l.ProxyProtocol, self.AddrPort().Addr().Unmap()) {
		// LOCAL: the connection is the load balancer's own (the PROXY protocol, §2.2).
		if _, err := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}).WriteTo(nc); err != nil {
			return "", err
		}
	}
	if l.TLS == configs.TLSImplicit {
		// No password is sent; whether the certificate is good is for devices to say.
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"pop3"}})
	}
	line, err := bufio.NewReader(io.LimitReader(nc, maxAnswer)).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no greeting: %w", err)
	}
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "+OK") {
		return "", fmt.Errorf("it says %q instead of a greeting", line)
	}
	// The service is well; whether it hears this does not matter.
	_, _ = io.WriteString(nc, "QUIT\r\n")
	return line, nil
}
