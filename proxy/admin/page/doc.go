// Package page shows people what operators see and do, as HTML that is made here and works
// without a script; a small one lets it update by itself. One table, screens, says what
// can be looked at, and another, actions, what can be changed.
//
// Invariants:
//
//   - Nobody sees anything before the page's password was given, and no cache keeps any of it.
//   - A change comes by a form of this very page: it brings the token of its login, from no
//     other origin. What is refused for that is told to the audit trail.
//   - Names of accounts and devices are hostile: they reach the browser through
//     html/template alone, and addresses as parameters of a query.
//   - Nothing of another place is loaded, and no script or style stands in the HTML
//     (Content-Security-Policy).
//   - Lists are bounded.
package page
