//go:build !unix

package main

import (
	"io/fs"
	"os"
)

// keepOwner gives a file the mode that another had.
func keepOwner(path string, was fs.FileInfo) error { return os.Chmod(path, was.Mode()) }
