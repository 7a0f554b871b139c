package configs

import (
	"os"
	"reflect"
	"strings"

	"popbridge/translate"
)

// remark says what a key's tags hold against a value that is valid in itself.
func (r *reading) remark(v reflect.Value, k key, at place) {
	if k.least != "" {
		least := reflect.New(k.typ).Elem()
		if err := setText(least, k.least); err != nil || v.Int() < least.Int() {
			r.wrong[at.dotted] = true
			r.errorf(at.dotted, "%v is too low; it has to be at least %s", v.Interface(), k.least)
		}
	}
}

// secret sets a Secret from its key or from the file that its …_file key names.
// The environment's word goes before the file's; two words of one kind are one
// too many.
func (r *reading) secret(dst reflect.Value, at place) {
	if r.wrong[at.dotted] || r.wrong[at.dotted+secretFile] {
		return
	}
	from := place{at.dotted + secretFile, at.deep + secretFile}
	_, textVariable := r.variables[at.dotted]
	_, fromVariable := r.variables[from.dotted]
	switch text, file := r.given(at.dotted), r.given(from.dotted); {
	case text && file && textVariable == fromVariable:
		r.errorf(from.dotted, "given together with %s; keep one of them", at.dotted)
	case file && (!text || fromVariable):
		path, ok := r.settings.Get(from.deep).(string)
		if !ok || path == "" {
			r.errorf(from.dotted, "has to be the path of a file, in quotes")
			return
		}
		if secret, ok := r.readSecret(from.dotted, path); ok {
			dst.Set(reflect.ValueOf(secret))
		}
	case text:
		content, ok := r.settings.Get(at.deep).(string)
		if !ok {
			r.errorf(at.dotted, "has to be text in quotes")
			return
		}
		if !textVariable && holdsPassword(at.dotted, content) {
			r.secrets = append(r.secrets, at.dotted)
		}
		dst.Set(reflect.ValueOf(NewSecret(content)))
	}
}

// readSecret reads a file whose text, but for one line end, is a secret. An empty one
// is a mistake: what was to be protected would stand open, or be refused far from here.
func (r *reading) readSecret(key, named string) (Secret, bool) {
	path, err := located(named)
	if err != nil {
		r.errorf(key, "%s", err)
		return Secret{}, false
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.errorf(key, "%s", unreadable(path, err))
		return Secret{}, false
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if text == "" {
		r.errorf(key, "%s is empty; write the secret into it, or leave the key out", path)
		return Secret{}, false
	}
	r.keptPrivate(key, path)
	return NewSecret(text), true
}

// givenAs names the key that a Secret was given with: itself or …_file.
func (r *reading) givenAs(key string) string {
	if !r.given(key) && r.given(key+secretFile) {
		return key + secretFile
	}
	return key
}

// derive fills in the defaults that depend on other keys.
func (r *reading) derive(c *Config) {
	for name, l := range c.Listener {
		if (l.Certificate != "" || len(l.Certificates) > 0) && !r.given("listener."+name+".tls") {
			l.TLS = TLSStartTLS
			c.Listener[name] = l
		}
	}
	for name, m := range c.Maildrop {
		if !m.OnDelete.Touches() && !r.given("maildrop."+name+".on_retrieve") {
			m.OnRetrieve = translate.RetrieveNothing
		}
		if m.Mailbox.Several() && !r.given("maildrop."+name+".order") {
			m.Order = translate.OrderArrival
		}
		c.Maildrop[name] = m
	}
}
