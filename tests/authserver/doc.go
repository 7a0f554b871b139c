// Package authserver is the authorization server of the tests: a real OAuth 2.0 server
// that issues, rotates, revokes and lets expire, with a Dovecot that takes its tokens and
// an owner who does what popbridge asks for.
package authserver
