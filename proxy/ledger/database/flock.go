package database

import "errors"

// ErrHeld says that another process has locked a file.
var ErrHeld = errors.New("another process has locked it")
