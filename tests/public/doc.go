// Package public is about a port that everybody reaches: load balancers in front
// of it, floods of connections, guessers of passwords, and fail2ban behind its
// log. popbridge runs as it is shipped; HAProxy and fail2ban are Debian's.
package public
