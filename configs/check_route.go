package configs

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

func (r *reading) checkRoutes(c *Config) {
	if len(c.Route) == 0 && !r.wrong["route"] && len(c.Upstream) > 1 {
		r.errorf("route", "none is given, and there are %d upstreams (%s); write which login goes where", len(c.Upstream), strings.Join(r.labels["upstream"], ", "))
	}
	if name := c.onlyUpstream(); len(c.Route) == 0 && name != "" {
		r.checkRouteLogin("upstream."+name+".auth", Route{Upstream: name}, c)
	}
	earlier := make(reached)
	for i, route := range c.Route {
		at := fmt.Sprintf("route[%d]", i)
		r.checkReferences(at, route, c)
		r.checkAccount(at+".account", route.Account)
		r.checkRouteLogin(at+".login", route, c)
		if c.Login.Lowercase && !r.wrong[at+".user"] && !r.wrong["login.lowercase"] && route.User.String() != strings.ToLower(route.User.String()) {
			r.warnf(at+".user", "%q has capital letters, which no account has with login.lowercase; write %q", route.User, strings.ToLower(route.User.String()))
		}
		r.checkReached(at, i, c.Route, earlier)
	}
}

// reached are the routes so far, by what they match, so that each is compared with
// few of them.
type reached map[matching][]int

// matching is what a route matches but for its networks.
type matching struct{ user, device, listener string }

func (route *Route) matching() matching {
	return matching{route.User.String(), route.Device.String(), route.Listener}
}

// wider gives what a route would match that leaves nothing to one that matches m.
func (m matching) wider() (all []matching) {
	for _, user := range slices.Compact([]string{Glob{}.String(), m.user}) {
		for _, device := range slices.Compact([]string{Glob{}.String(), m.device}) {
			for _, listener := range slices.Compact([]string{"", m.listener}) {
				all = append(all, matching{user, device, listener})
			}
		}
	}
	return all
}

// checkReached looks for an earlier route that leaves nothing to this one. Of those
// that match the same but for their networks it looks at a few.
func (r *reading) checkReached(at string, i int, routes []Route, earlier reached) {
	if r.routeRefused(at) {
		return
	}
	const few = 100
	first, route := i, &routes[i]
	for _, m := range route.matching().wider() {
		for _, j := range earlier[m] {
			if j < first && routes[j].covers(route) {
				first = j
				break
			}
		}
	}
	if first < i {
		other := r.spots[fmt.Sprintf("route[%d]", first)]
		r.warnf(at, "is never reached: route[%d] %s matches everything that it could; put this one first, or narrow the other", first, other.seenFrom(r.spots[at]))
	}
	if m := route.matching(); len(earlier[m]) < few {
		earlier[m] = append(earlier[m], i)
	}
}

// routeRefused reports whether what a route matches is not known.
func (r *reading) routeRefused(at string) bool {
	return r.wrong[at+".user"] || r.wrong[at+".device"] || r.wrong[at+".listener"] || r.wrong[at+".client"]
}

func (r *reading) checkReferences(at string, route Route, c *Config) {
	r.checkReference(at, "listener", route.Listener)
	r.checkReference(at, "upstream", route.Upstream)
	r.checkReference(at, "maildrop", route.Maildrop)
	r.checkReference(at, "lookup", route.Lookup)
	if key := at + ".upstream"; route.Upstream == "" && route.Lookup == "" && route.Action == ActionServe && len(c.Upstream) > 1 && !r.wrong[key] && !r.wrong[at+".action"] {
		r.errorf(key, "is missing, and there are %d upstreams; one of %s", len(c.Upstream), strings.Join(r.labels["upstream"], ", "))
	}
}

// checkReference looks for the block that a route names.
func (r *reading) checkReference(at, section, name string) {
	key := at + "." + section
	if r.wrong[key] || name == "" && section != "maildrop" {
		return
	}
	labels := r.labels[section]
	if slices.Contains(labels, name) {
		return
	}
	text := fmt.Sprintf("there is no %s %q", section, name)
	if meant, ok := r.nearest(name, labels); ok {
		text += fmt.Sprintf("; did you mean %q?", meant)
	} else if len(labels) > 0 {
		text += "; one of " + strings.Join(labels, ", ")
	}
	r.errorf(key, "%s", text)
}

// checkAccount looks at the braces of an account template.
func (r *reading) checkAccount(at, template string) {
	rest := template
	for {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return
		}
		end := strings.IndexByte(rest, '}')
		if rest[i] == '}' || end < 0 {
			r.errorf(at, "%q has an unmatched brace; write for example \"{local}@new.example\"", template)
			return
		}
		switch name := rest[i+1 : end]; name {
		case "user", "local", "domain", "device":
		default:
			r.errorf(at, "{%s} is not known; one of {user}, {local}, {domain}, {device}", name)
			return
		}
		rest = rest[end+1:]
	}
}

// covers reports whether every login that other matches is matched already. It
// may miss cases, but claims none that is not so: a directory may have no answer.
func (route *Route) covers(other *Route) bool {
	return route.Lookup == "" && (route.User.Any() || route.User.String() == other.User.String()) &&
		(route.Device.Any() || route.Device.String() == other.Device.String()) &&
		(route.Listener == "" || route.Listener == other.Listener) &&
		networksCover(route.Client, other.Client)
}

// networksCover takes an empty list for every address.
func networksCover(wide, narrow []netip.Prefix) bool {
	if len(wide) == 0 {
		return true
	}
	for _, n := range narrow {
		if !slices.ContainsFunc(wide, func(w netip.Prefix) bool { return covers(w, n) }) {
			return false
		}
	}
	return len(narrow) > 0
}
