package mailstore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// maxNamed bounds how many files an error names.
const maxNamed = 5

// instead is why a folder cannot be read from which a format's file is missing: it
// says what lies there, since a wrong format or a wrong folder is the likely reason.
func instead(store fs.FS, missing string) error {
	has := func(name string) bool {
		_, err := fs.Stat(store, name)
		return err == nil
	}
	maildir := has("cur")
	found := ""
	switch {
	case maildir && missing != dovecotList && has(dovecotList):
		found = "a Maildir with " + dovecotList + ", which --format dovecot reads"
	case maildir && missing != courierList && has(courierList):
		found = "a Maildir with " + courierList + ", which --format courier reads"
	case maildir && missing == courierList:
		found = "a Maildir whose messages no POP3 session at Courier has ever listed"
	case maildir:
		found = "a Maildir without it, which --format maildir reads"
	case has("Maildir/cur"):
		found = "a folder Maildir: add it to --path"
	}
	if found != "" {
		return fmt.Errorf("there is no %s; found instead: %s", missing, found)
	}
	entries, err := fs.ReadDir(store, ".")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s: the folder does not exist", missing)
	case err != nil:
		return fmt.Errorf("there is no %s: %w", missing, err)
	case len(entries) == 0:
		return fmt.Errorf("there is no %s: the folder is empty", missing)
	}
	var names []string
	for _, e := range entries[:min(len(entries), maxNamed)] {
		names = append(names, fmt.Sprintf("%.60q", e.Name()))
	}
	if more := len(entries) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("there is no %s; found instead: %s", missing, strings.Join(names, ", "))
}
