package configs

import "slices"

// checkRouteLogin looks whether the passwords that a route takes can let anybody
// in.
func (r *reading) checkRouteLogin(at string, route Route, c *Config) {
	if r.wrong[at] || route.Action == ActionRefuse {
		return
	}
	if route.Login == LoginUpstream {
		r.checkLoginIsChecked(at, route, c)
		return
	}
	r.checkLoginReaches(at, route, c)
	if c.State.Driver == DriverMemory && !r.wrong["state.driver"] {
		r.errorf(at, "%s takes device passwords, and state.driver = memory keeps none; use sqlite or postgres", route.Login)
	}
}

// upstreamOf gives the upstream that a route leads to, if it is known how to log
// in there.
func (r *reading) upstreamOf(route Route, c *Config) (Upstream, bool) {
	name := route.Upstream
	if name == "" {
		name = c.onlyUpstream()
	}
	u, ok := c.Upstream[name]
	return u, ok && !r.wrong["upstream."+name+".auth"] && !r.wrong["upstream."+name+".protocol"]
}

// checkLoginIsChecked: where popbridge logs in by itself, nobody would look at a
// password that is passed on.
func (r *reading) checkLoginIsChecked(at string, route Route, c *Config) {
	u, ok := r.upstreamOf(route, c)
	switch {
	case !ok:
	case u.Auth == AuthOAuth2:
		r.errorf(at, `upstream passes passwords on, and upstream %q takes none (auth = "oauth2"); write login = "device", and give each device a password with "popbridge account device add --password"`, u.Name)
	case u.Auth == AuthMaster && u.VerifyLogin == "":
		r.errorf(at, `upstream passes passwords on, and upstream %q is logged in to as a master user (auth = "master"), who needs none of them; write login = "device" or "either", and give each device a password with "popbridge account device add --password", or verify_login at that upstream`, u.Name)
	}
}

// checkLoginReaches: a device's own password opens nothing upstream.
func (r *reading) checkLoginReaches(at string, route Route, c *Config) {
	if u, ok := r.upstreamOf(route, c); ok && (u.Auth == AuthPassword || u.Auth == AuthSCRAM) {
		r.errorf(at, `%s accepts device passwords, which upstream %q does not know, but popbridge would log in there with the password that the device sends (auth = %q); write auth = "master" or "oauth2" there`, route.Login, u.Name, u.Auth)
	}
}

// checkAPOP: APOP and CRAM-MD5 need passwords that can be read, a key that they are
// encrypted with, and a route that takes them.
func (r *reading) checkAPOP(at, listener string, c *Config) {
	switch {
	case c.State.Driver != DriverMemory && c.State.SecretsKey.Empty() && !r.wrong["state.secrets_key"] && !r.wrong["state.driver"]:
		r.errorf(at, `needs state.secrets_key, which encrypts the passwords that APOP needs; "popbridge secrets key" makes one`)
	case !r.wrong["route"] && !c.takesDevicePasswords(listener):
		r.errorf(at, `lets nobody in: no route that serves this listener takes device passwords; write login = "device" or "either" in one`)
	}
}

// checkClientCA: a certificate is shown over TLS, and opens nothing upstream by
// itself, as a device password does not.
func (r *reading) checkClientCA(at, listener string, l Listener, c *Config) {
	r.checkCAFile(at, l.ClientCAFile)
	switch {
	case l.ClientCAFile == "" || r.wrong[at]:
	case l.TLS == TLSNone && !r.wrong["listener."+listener+".tls"]:
		r.errorf(at, "needs TLS, in which devices show their certificates; set certificate and key")
	case !r.wrong["route"] && !c.takesDevicePasswords(listener):
		r.warnf(at, `lets nobody in: no route that serves this listener takes anything but an upstream password; write login = "device" or "either" in one`)
	}
}

// takesDevicePasswords reports whether a login on a listener may be served by a
// route that takes device passwords.
func (c *Config) takesDevicePasswords(listener string) bool {
	return slices.ContainsFunc(c.Routes(), func(route Route) bool {
		return route.Action == ActionServe && route.Login != LoginUpstream && (route.Listener == "" || route.Listener == listener)
	})
}
