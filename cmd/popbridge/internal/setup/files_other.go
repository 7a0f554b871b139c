//go:build !unix

package setup

import "io/fs"

// share leaves a file to the rights of its folder.
func share(string, fs.FileMode) (whose string, err error) {
	return "with the rights of its folder", nil
}

// Share has nothing to do: a file has the rights of its folder.
func Share(string) (whose string, err error) { return "", nil }

// LikeFolder has nothing to do: files take the rights of their folder.
func LikeFolder(string, ...string) error { return nil }
