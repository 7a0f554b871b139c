// Package account runs the account commands beside a service that goes on: what
// they change has to hold from a device's next login on.
package account
