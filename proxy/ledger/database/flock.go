package database

import "errors"

// errHeld says that another process has locked a file.
var errHeld = errors.New("another process has locked it")
