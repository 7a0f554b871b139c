// Package servers starts real IMAP and POP3 servers for popbridge's tests, and
// looks into their mailboxes with an IMAP client that shares no code with the
// proxy.
//
// Rules of the package:
//
//   - Every server runs with its own configuration, in a fresh temporary folder,
//     on free ports of 127.0.0.1 (and ::1 where the machine has it and the server
//     is Dovecot). No service of the machine is started, asked or changed.
//   - Each program of a server is in a process group of its own. Stop ends all
//     and does not return before no member of a group is left.
//   - What a server says goes to one log in its folder; its tail is printed when
//     the test that started the server has failed.
//   - A server whose programs are not there fails the test: run tests/install.
//     Nothing is skipped.
//   - A wrong password is refused by every server here. The delays that servers
//     put between failed logins are off, except Courier's, which has no switch.
//     So are the limits on sessions per user and per client, up to about a
//     thousand sessions at a time.
//
// Dovecot is the installed package of Debian 12 or another of the 2.3 series
// (2.4 reads another configuration). It runs as root or, for a test that is not
// root, as the tester alone.
//
// Cyrus and Courier are unpacked, not installed. Cyrus takes every path from its
// configuration. Its programs are copied next to it, since its user could not
// read a cache below /root. Logins with a domain work (virtdomains: userid). It
// logs to the machine's syslog alone.
//
// Courier has /etc/courier and the folder of its authentication modules compiled
// in. It runs in a mount namespace of its own, where read-only overlays put the
// unpacked /usr and the test's /etc/courier over the machine's; outside of the
// namespace nothing changes. This needs root, or more exactly CAP_SYS_ADMIN.
//
// popa3d has its users and its paths from the system, and gets them in a mount
// namespace likewise; Courier's couriertcpd is its inetd.
package servers
