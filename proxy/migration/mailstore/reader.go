package mailstore

import (
	"fmt"
	"io/fs"
	"os"

	"popbridge/translate"
)

// Reader reads what a mail store tells of one account, given where it lies.
type Reader func(path string) ([]Message, error)

// NewReader gives the reader of a format: courier, dovecot, maildir or mbox. With
// dovecot uidlFormat is what pop3_uidl_format says there, or FileNames.
func NewReader(format, uidlFormat string) (Reader, error) {
	switch format {
	case "courier":
		return folder(Courier), nil
	case "maildir":
		return folder(Maildir), nil
	case "dovecot":
		if uidlFormat != FileNames {
			if _, err := translate.ParseFormat(uidlFormat); err != nil {
				return nil, fmt.Errorf("--uidl-format: %w; or %%f", err)
			}
		}
		return folder(func(store fs.FS) ([]Message, error) { return Dovecot(store, uidlFormat) }), nil
	case "mbox":
		return readMbox, nil
	}
	return nil, fmt.Errorf("--format %q is not known; courier, dovecot, maildir, mbox or csv", format)
}

func folder(read func(fs.FS) ([]Message, error)) Reader {
	return func(path string) ([]Message, error) { return read(os.DirFS(path)) }
}

func readMbox(path string) (messages []Message, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for m, err := range Mbox(file) {
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}
