// Package page uses the page of operators as people do: with a browser, Debian's headless
// Chromium.
package page
