package configs

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// lookupSchemes are what a source begins with, by the driver that reads it.
var lookupSchemes = map[LookupDriver][]string{
	LookupSQL:  {"postgres:", "postgresql:", "mysql:", "sqlite:"},
	LookupLDAP: {"ldap:", "ldaps:"},
	LookupHTTP: {"http:", "https:"},
}

var lookupSamples = map[LookupDriver]string{
	LookupFile: "/etc/popbridge/accounts", LookupSQL: "postgres://popbridge@db.example.org/mail",
	LookupLDAP: "ldaps://ldap.example.org", LookupHTTP: "https://directory.example.org/lookup",
}

// placeholderOfQuery is an argument of an SQL query.
var placeholderOfQuery = regexp.MustCompile(`\$\d+`)

// checkLookups looks at each directory.
func (r *reading) checkLookups(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Lookup)) {
		at, l := "lookup."+name, c.Lookup[name]
		if r.wrong[at+".driver"] {
			continue
		}
		r.checkLookupSource(at, l)
		switch l.Driver {
		case LookupSQL:
			r.checkQuery(at+".query", l.Query)
		case LookupLDAP:
			r.checkFilter(at, l)
		}
		r.checkLookupKeys(at, l)
	}
}

func (r *reading) checkLookupSource(at string, l Lookup) {
	key := r.givenAs(at + ".source")
	text := l.Source.Reveal()
	switch schemes := lookupSchemes[l.Driver]; {
	case r.wrong[at+".source"]:
	case text == "" && r.given(key): // its file is another mistake
	case text == "":
		r.errorf(at+".source", "is missing; write for example %q", lookupSamples[l.Driver])
	case l.Driver == LookupFile && strings.Contains(text, "://"):
		r.errorf(key, "is not a file; driver = file reads one, such as %q; others are sql, ldap and http", lookupSamples[l.Driver])
	case l.Driver == LookupFile:
	case !slices.ContainsFunc(schemes, func(s string) bool { return strings.HasPrefix(text, s) }):
		r.errorf(key, "has to begin with one of %s for driver = %s; write for example %q", strings.Join(schemes, ", "), l.Driver, lookupSamples[l.Driver])
	default:
		if _, err := url.Parse(text); err != nil {
			r.errorf(key, "is not an address that can be read; write for example %q, with %%XX for special characters of a password", lookupSamples[l.Driver])
		}
	}
}

// checkQuery looks at an SQL query as far as that can be done without its database.
func (r *reading) checkQuery(key, query string) {
	switch {
	case r.wrong[key]:
	case strings.TrimSpace(query) == "":
		r.errorf(key, `is missing; write for example "SELECT upstream, account FROM routes WHERE name = $1"`)
	case !strings.Contains(query, "$1"):
		r.errorf(key, "does not ask for the account, so that every login would get the same answer; write $1 where the account belongs")
	default:
		for _, p := range placeholderOfQuery.FindAllString(query, -1) {
			if p != "$1" && p != "$2" && p != "$3" && p != "$4" {
				r.errorf(key, "%s is not known; $1 is the account, $2 the device, $3 the listener, $4 the address of the device", p)
				return
			}
		}
	}
}

func (r *reading) checkFilter(at string, l Lookup) {
	if key := at + ".base"; l.Base == "" && !r.wrong[key] {
		r.errorf(key, `is missing; write the entry below which accounts are, such as "ou=people,dc=example,dc=org"`)
	}
	switch key := at + ".filter"; {
	case r.wrong[key]:
	case l.Filter == "":
		r.errorf(key, `is missing; write for example "(mail={user})"`)
	case !strings.Contains(l.Filter, "{user}") && !strings.Contains(l.Filter, "{local}"):
		r.errorf(key, "does not ask for the account, so that every login would get the same answer; write {user} or {local} where it belongs")
	case !strings.HasPrefix(l.Filter, "(") || strings.Count(l.Filter, "(") != strings.Count(l.Filter, ")"):
		r.errorf(key, `its parentheses do not match; write for example "(&(objectClass=person)(mail={user}))"`)
	}
	if key := at + ".attributes"; l.Attributes == (LookupAttributes{}) && !r.given(key) {
		r.errorf(key, `is missing, so that an entry would say nothing; write for example attributes = { account = "uid" }`)
	}
}

// checkLookupKeys warns of what another driver would read.
func (r *reading) checkLookupKeys(at string, l Lookup) {
	for _, k := range []struct {
		name   string
		driver LookupDriver
		set    bool
	}{
		{"query", LookupSQL, l.Query != ""}, {"base", LookupLDAP, l.Base != ""}, {"filter", LookupLDAP, l.Filter != ""},
		{"attributes", LookupLDAP, l.Attributes != LookupAttributes{}}, {"style", LookupHTTP, l.Style != LookupJSON},
	} {
		if k.set && k.driver != l.Driver {
			r.warnf(at+"."+k.name, "is not used with driver = %s; it belongs to %s", l.Driver, k.driver)
		}
	}
}

// CheckHost reports why a text is not host:port of a server; nil: it is.
func CheckHost(text string) error {
	_, _, err := hostPort(text, false)
	return err
}
