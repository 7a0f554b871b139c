// Package packages is about how popbridge comes onto a machine and is run there: the
// .deb and the .rpm, what a service manager is told, the image and the chart. A package
// is installed in a copy of this machine that lives in a mount namespace, so that the
// machine itself stays as it was.
package packages
