// Package setup is what "popbridge init" knows: which questions have to be answered,
// which configuration follows from the answers, what only a person can do at a
// provider, and what is typed into the device in the end. It opens no connection and
// writes no file but new ones.
package setup
