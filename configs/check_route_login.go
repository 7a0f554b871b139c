package configs

// checkRouteLogin looks whether the passwords that a route takes can let anybody
// in.
func (r *reading) checkRouteLogin(at string, route Route, c *Config) {
	if r.wrong[at] || route.Action == ActionRefuse || route.Login == LoginUpstream {
		return
	}
	if c.State.Driver == DriverMemory && !r.wrong["state.driver"] {
		r.errorf(at, "%s takes device passwords, and state.driver = memory keeps none; use sqlite or postgres", route.Login)
	}
}
