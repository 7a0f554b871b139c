package configs

import "time"

// Lookup is a directory that is asked where a login goes.
type Lookup struct {
	Name          string           // Name is the label.
	Driver        LookupDriver     `key:"driver" default:"file" words:"file sql ldap http" doc:"What to ask: a file, an SQL database, an LDAP directory, or an HTTP service."`
	Source        Secret           `key:"source" sample:"/etc/popbridge/accounts" doc:"Where to find it: a file with lines 'ACCOUNT key=value …'; postgres://…, mysql://… or sqlite:FILE; ldap://… or ldaps://…; http://… or https://…. A user and a password go before the host, followed by '@'."`
	Query         string           `key:"query" sample:"SELECT upstream, account FROM routes WHERE name = $1" doc:"With sql: the query, in which $1 is the account, $2 the device, $3 the listener and $4 the device's address. It may return the columns upstream, host, account, maildrop, login and action; others are ignored. The first row is the answer; no row means no answer."`
	Base          string           `key:"base" sample:"ou=people,dc=example,dc=org" doc:"With ldap: the entry to search below."`
	Filter        string           `key:"filter" sample:"(mail={user})" doc:"With ldap: the search filter, in which {user}, {local} and {domain} stand for the account and its parts."`
	Attributes    LookupAttributes `key:"attributes" doc:"With ldap: the attributes of an entry that contain the answer."`
	Style         LookupStyle      `key:"style" default:"json" words:"json nginx" doc:"With http: json sends a GET with account, device, listener and client, and expects an object with upstream, host, account, maildrop, login and action, or 404 for no answer; nginx uses the protocol of nginx's auth_http, without a password."`
	Timeout       time.Duration    `key:"timeout" default:"2s" min:"1ms" unit:"duration" doc:"How long to wait for an answer. Without one, the login is refused with [SYS/TEMP], unless an older answer may be used."`
	Cache         time.Duration    `key:"cache" default:"60s" min:"0s" unit:"duration" doc:"How long an answer is reused. A file is not cached; it is read again when it has changed."`
	NegativeCache time.Duration    `key:"negative_cache" default:"10s" min:"0s" unit:"duration" doc:"How long the absence of an answer is remembered."`
	Stale         time.Duration    `key:"stale" default:"1h" min:"0s" unit:"duration" doc:"How old an answer may be to be used while the directory does not respond."`
}

// LookupAttributes are the names of attributes of LDAP; empty: it is not asked for.
type LookupAttributes struct {
	Upstream string `key:"upstream" sample:"mailUpstream" doc:"The label of the upstream."`
	Host     string `key:"host" sample:"mailHost" doc:"The address of the upstream's server for this account."`
	Account  string `key:"account" sample:"uid" doc:"The name to log in with upstream."`
	Maildrop string `key:"maildrop" sample:"mailPolicy" doc:"The label of the maildrop."`
	Login    string `key:"login" sample:"mailLogin" doc:"Which passwords are accepted."`
	Action   string `key:"action" sample:"mailAction" doc:"Whether to serve or refuse the login."`
}

// LookupDriver is what a Lookup asks.
type LookupDriver uint8

// The drivers of lookups.
const (
	LookupFile LookupDriver = iota
	LookupSQL
	LookupLDAP
	LookupHTTP
)

// LookupStyle is what a Lookup speaks over HTTP.
type LookupStyle uint8

// The styles of lookups over HTTP.
const (
	// LookupJSON asks with a query and takes an object.
	LookupJSON LookupStyle = iota
	// LookupNginx asks and answers in header fields, as nginx's mail proxy does.
	LookupNginx
)

var (
	lookupDriverWords = [...]string{"file", "sql", "ldap", "http"}
	lookupStyleWords  = [...]string{"json", "nginx"}
)

// String gives the operator's word.
func (d LookupDriver) String() string { return lookupDriverWords[d] }

// UnmarshalText takes one of file, sql, ldap, http.
func (d *LookupDriver) UnmarshalText(text []byte) error {
	return parseWord(d, text, lookupDriverWords[:])
}

// String gives the operator's word.
func (s LookupStyle) String() string { return lookupStyleWords[s] }

// UnmarshalText takes one of json, nginx.
func (s *LookupStyle) UnmarshalText(text []byte) error {
	return parseWord(s, text, lookupStyleWords[:])
}
