package database

import "errors"

// ErrHeld says that another process has locked a file.
var ErrHeld = errors.New("another process has locked it")

// ErrServed says that another process serves devices from a SQLite file.
var ErrServed = errors.New("one file has one running popbridge")
