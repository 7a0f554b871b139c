package configs

// Routes gives the routes that are in force, in order: those of the file, each
// with its upstream, or, in a file without routes and with one upstream, one
// that serves every login there. The caller may keep and change the slice.
func (c *Config) Routes() []Route {
	only := c.onlyUpstream()
	if len(c.Route) == 0 && only != "" {
		return []Route{{Upstream: only, Maildrop: defaultMaildrop}}
	}
	routes := make([]Route, len(c.Route))
	for i, route := range c.Route {
		if route.Upstream == "" {
			route.Upstream = only
		}
		routes[i] = route
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
