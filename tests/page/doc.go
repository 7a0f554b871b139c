// Package page uses the page of operators as people do: with a browser, Debian's headless
// Chromium.
//
// PAGE_SCREENSHOTS names a folder for pictures of the pages, from which those in docs/images
// are chosen; PAGE_AXE names an axe.min.js (npm install axe-core) that judges each of them;
// PAGE_ACCOUNTS and PAGE_SESSIONS fill a ledger and show what the pages cost then.
package page
