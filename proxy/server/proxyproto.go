package server

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/pires/go-proxyproto"
)

// A PROXY header, in octets (the PROXY protocol, §2.1 and §2.2). Ours are read
// to their last octet and no further: what follows is the device's, and may be
// TLS.
const (
	leastHeaderV1 = len("PROXY UNKNOWN\r\n")
	mostHeaderV1  = 107
	fixedHeaderV2 = 16
	mostHeaderV2  = fixedHeaderV2 + 4096 // the addresses, and what else a load balancer tells
)

// headerTimeout bounds the PROXY header, within limits.login_timeout.
const headerTimeout = 10 * time.Second

var (
	errNoHeader   = errors.New("it does not begin with a PROXY header")
	errLongHeader = errors.New("the PROXY header is longer than it may be")
	errNotTCP     = errors.New("the PROXY header does not describe a TCP connection")
	errCutHeader  = errors.New("the connection ended within the PROXY header")
)

// origin reads the PROXY header of a load balancer's connection, which may come
// in pieces, and gives the device's address. A connection that the balancer
// makes for itself (LOCAL, UNKNOWN) comes from the balancer. io.EOF says that it
// has closed without an octet, as a health check does.
func origin(r io.Reader, peer netip.Addr) (netip.Addr, error) {
	octets, err := readHeader(r)
	if err != nil {
		return netip.Addr{}, err
	}
	h, err := proxyproto.Read(bufio.NewReaderSize(bytes.NewReader(octets), len(octets)))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the PROXY header is not valid: %w", err)
	}
	if h.Command.IsLocal() {
		return peer, nil
	}
	source, _, ok := h.TCPAddrs()
	if !ok {
		return netip.Addr{}, errNotTCP
	}
	return source.AddrPort().Addr().Unmap(), nil
}

// readHeader takes a whole header from the connection, of whichever version.
func readHeader(r io.Reader) ([]byte, error) {
	octets := make([]byte, leastHeaderV1, mostHeaderV1)
	if n, err := io.ReadFull(r, octets); n == 0 || !errors.Is(err, io.ErrUnexpectedEOF) && err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(octets, proxyproto.SIGV1):
		return restV1(r, octets)
	case bytes.HasPrefix(octets, proxyproto.SIGV2):
		return restV2(r, octets)
	}
	return nil, errNoHeader
}

// restV1 reads octet by octet: nothing but the line's end says where it ends.
func restV1(r io.Reader, octets []byte) ([]byte, error) {
	for octets[len(octets)-1] != '\n' {
		if len(octets) == mostHeaderV1 {
			return nil, errLongHeader
		}
		octets = append(octets, 0)
		if _, err := io.ReadFull(r, octets[len(octets)-1:]); err != nil {
			return nil, cut(err)
		}
	}
	return octets, nil
}

func restV2(r io.Reader, begun []byte) ([]byte, error) {
	octets := append(begun, make([]byte, fixedHeaderV2-len(begun))...)
	if _, err := io.ReadFull(r, octets[len(begun):]); err != nil {
		return nil, cut(err)
	}
	whole := fixedHeaderV2 + int(binary.BigEndian.Uint16(octets[fixedHeaderV2-2:]))
	if whole > mostHeaderV2 {
		return nil, errLongHeader
	}
	octets = append(octets, make([]byte, whole-fixedHeaderV2)...)
	if _, err := io.ReadFull(r, octets[fixedHeaderV2:]); err != nil {
		return nil, cut(err)
	}
	return octets, nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutHeader
	}
	return err
}

// identify learns from the load balancer who the device is, before anything is
// said to it. It gives how the connection ends where the device may not stay; empty:
// it may.
func (c *connection) identify(log hclog.Logger) (result string) {
	patience := min(headerTimeout, time.Until(c.began.Add(c.generation.Limits.LoginTimeout)))
	client := c.client
	err := c.nc.SetReadDeadline(time.Now().Add(patience))
	if err == nil {
		client, err = origin(c.nc, c.client)
	}
	switch {
	case errors.Is(err, io.EOF):
		return "connection lost"
	case errors.Is(err, net.ErrClosed):
		return "closed by popbridge"
	case err != nil:
		c.server.throttle.Say(log.Warn, c.client, "a connection from proxy_protocol's networks was refused", "listener", c.port, "cause", err)
		return "no PROXY header"
	}
	if cause := c.server.welcome(c, client); cause != "" {
		c.server.turnedAway(c.port, client, cause)
		refuse(c.nc, c.listener(), cause)
		return "refused"
	}
	return ""
}
