package configs

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rfcIdle is the least inactivity timeout that RFC 1939 §3 allows.
const rfcIdle = 10 * time.Minute

// check looks at what keys mean together. What was refused already is left
// alone, so that one mistake is one message.
func (r *reading) check(c *Config) {
	r.checkLogin(c.Login)
	r.checkListeners(c)
	r.checkMetrics(c)
	r.checkAudit(c.Audit)
	r.checkAdmin(c)
	r.checkNotify(c.Notify)
	r.checkTelemetry(c.Telemetry)
	for name, u := range c.Upstream {
		r.checkUpstream("upstream."+name, u)
		r.checkAuth("upstream."+name, u, c.State)
		r.checkSubmission("upstream."+name, u, c)
	}
	for name, m := range c.Maildrop {
		r.checkMaildrop("maildrop."+name, m, c.State.Driver)
	}
	r.checkLookups(c)
	r.checkRoutes(c)
	r.checkDevices(c)
	r.checkOldServers(c)
	r.checkState(c.State)
	if idle := "limits.idle_timeout"; !r.wrong[idle] && c.Limits.IdleTimeout < rfcIdle {
		r.warnf(idle, "RFC 1939 asks for at least 10m; a device that is slow between two commands is cut off after %v", c.Limits.IdleTimeout)
	}
	for _, s := range []string{"listener", "upstream"} {
		if len(r.labels[s]) == 0 && !r.wrong[s] {
			r.errorf(s, "none is given, so nothing can be served; write %[1]s \"name\" { address = \"…\" } in HCL, %[1]s: {name: {address: \"…\"}} in YAML", s)
		}
	}
}

func (r *reading) checkLogin(l Login) {
	if at := "login.default_domain"; strings.Contains(l.DefaultDomain, "@") {
		r.errorf(at, "%q contains an '@', which is added anyway; write %q", l.DefaultDomain, l.DefaultDomain[strings.LastIndex(l.DefaultDomain, "@")+1:])
	}
	if at := "login.device_separator"; strings.ContainsAny(l.DeviceSeparator, "@ ") {
		r.errorf(at, "%q cannot separate a device from its account; write for example \"+\"", l.DeviceSeparator)
	}
}

// checkDevices looks whether login.devices = known can keep any device out: those
// that a route names (as_device) are let in without being added.
func (r *reading) checkDevices(c *Config) {
	const key = "login.devices"
	if c.Login.Devices != DevicesKnown || c.Login.DeviceSeparator != "" || r.wrong[key] || r.wrong["login.device_separator"] {
		return
	}
	if !slices.ContainsFunc(c.Routes(), func(route Route) bool { return route.Login != LoginUpstream }) {
		r.warnf(key, "known keeps no device out: no login names one, since login.device_separator is empty, and no route takes device passwords; set device_separator, such as \"+\"")
	}
}

// checkState compares the source with the driver.
func (r *reading) checkState(s State) {
	const source, key = "state.source", "state.secrets_key"
	if _, err := s.Keys(); err != nil && !r.wrong[key] {
		r.errorf(r.givenAs(key), "%s", err)
	}
	switch {
	case r.wrong["state.driver"] || r.wrong[source]:
	case s.Driver == DriverMemory && !s.Source.Empty():
		r.warnf(source, "is not used with driver = memory, which forgets everything when the service stops")
	case s.Driver == DriverPostgres && s.Source.Empty() && r.given(r.givenAs(source)): // its file is another mistake
	case s.Driver == DriverPostgres && s.Source.Empty():
		r.errorf(source, "is missing; driver = postgres needs a connection string, such as \"postgres://popbridge@db.example.org/popbridge\", best kept in a file that source_file names")
	}
}

// hostPort parts an address. A listener may leave the host out, and may take
// any free port with 0.
func hostPort(text string, listening bool) (host string, port int, err error) {
	example := "imap.example.org:993"
	if listening {
		example = ":110"
	}
	host, service, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not host:port; write for example %q", text, example)
	}
	port, err = strconv.Atoi(service)
	if err != nil || port < 0 || port > 65535 || port == 0 && !listening {
		return "", 0, fmt.Errorf("port %q is not a number from 1 to 65535; write for example %q", service, example)
	}
	if host == "" && !listening || strings.ContainsAny(host, " /@") {
		return "", 0, fmt.Errorf("%q names no host; write for example %q", text, example)
	}
	return host, port, nil
}

// address checks the address of a block, which has to be there.
func (r *reading) address(at, text string, listening bool) (host string, port int, ok bool) {
	at += ".address"
	if r.wrong[at] {
		return "", 0, false
	}
	if !r.given(at) && (listening || text == "") {
		r.errorf(at, "is missing; write host:port, such as %q", map[bool]string{true: ":110", false: "imap.example.org:993"}[listening])
		return "", 0, false
	}
	host, port, err := hostPort(text, listening)
	if err != nil {
		r.errorf(at, "%s", err)
	}
	return host, port, err == nil
}
