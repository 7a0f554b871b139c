package configs

import "slices"

// Routes gives the routes that are in force, in order: those of the file, each
// with its upstream, or, in a file without routes and with one upstream, one
// that serves every login there. The caller must not change the slice: it is the
// configuration's own wherever it can be, since each login looks through it.
func (c *Config) Routes() []Route {
	only := c.onlyUpstream()
	if len(c.Route) == 0 && only != "" {
		return []Route{{Upstream: only, Maildrop: DefaultMaildrop}}
	}
	if only == "" || !slices.ContainsFunc(c.Route, func(r Route) bool { return r.Upstream == "" }) {
		return c.Route
	}
	routes := slices.Clone(c.Route)
	for i := range routes {
		if routes[i].Upstream == "" {
			routes[i].Upstream = only
		}
	}
	return routes
}

// onlyUpstream names the upstream where there is one, else nothing.
func (c *Config) onlyUpstream() string {
	if len(c.Upstream) != 1 {
		return ""
	}
	for name := range c.Upstream {
		return name
	}
	return ""
}
