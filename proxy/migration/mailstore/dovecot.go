package mailstore

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// dovecotList is the file in which Dovecot keeps the UIDs of a Maildir.
const dovecotList = "dovecot-uidlist"

// FileNames is what Dovecot's pop3_uidl_format = %f stands for.
const FileNames = "%f"

// Dovecot reads a Maildir with Dovecot's dovecot-uidlist, version 3. A unique-id is the
// one that is kept there (P), else what pop3_uidl_format makes: FileNames, or a format
// of translate.ParseFormat. Messages come in the order that is kept there (O), those
// without after them, by UID. Octets are those with lines that end with CRLF, from the
// list (W), the file's name (W=), or else the file.
func Dovecot(store fs.FS, uidlFormat string) ([]Message, error) {
	list, err := store.Open(dovecotList)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, instead(store, dovecotList)
	}
	if err != nil {
		return nil, err
	}
	defer list.Close()
	validity, told, err := readDovecotList(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dovecotList, err)
	}
	var format translate.Format
	if uidlFormat != FileNames {
		if format, err = translate.ParseFormat(uidlFormat); err != nil {
			return nil, err
		}
	}
	files, err := maildirFiles(store)
	if err != nil {
		return nil, err
	}
	there := byBase(files)
	var known []file
	for _, m := range told {
		f, ok := there[m.base]
		if !ok {
			continue
		}
		switch {
		case m.UniqueID != "":
		case uidlFormat == FileNames:
			m.UniqueID = m.base
		default:
			m.UniqueID = string(format.Append(nil, validity, m.uid))
		}
		if m.Octets == 0 {
			m.Octets = octetsInName(m.base)
		}
		if m.Octets == 0 {
			if _, m.Octets, err = readBody(store, f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		known = append(known, file{path: f.path, Message: m.Message})
	}
	return printed(store, known)
}

// dovecotMessage is a line of the list.
type dovecotMessage struct {
	uid   imap.UID
	order uint32
	base  string
	Message
}

// readDovecotList reads "3 V<uidvalidity> N<next> …", then lines
// "<uid> [<letter><value>…] :<file>".
func readDovecotList(r io.Reader) (validity uint32, told []dovecotMessage, err error) {
	for number, line := range lines(r) {
		if err = line.err; err == nil && number == 1 {
			validity, err = readDovecotHead(line.text)
		} else if err == nil {
			var m dovecotMessage
			m, err = readDovecotLine(line.text)
			told = append(told, m)
		}
		if err != nil {
			return 0, nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if validity == 0 {
		return 0, nil, errors.New("it is empty")
	}
	slices.SortStableFunc(told, func(a, b dovecotMessage) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.uid, b.uid))
	})
	return validity, told, nil
}

func readDovecotHead(line string) (uint32, error) {
	version, rest, _ := strings.Cut(line, " ")
	if version != "3" {
		return 0, fmt.Errorf("version %.10q is not known; 3 is", version)
	}
	for field := range strings.FieldsSeq(rest) {
		if field[0] == 'V' {
			v, err := strconv.ParseUint(field[1:], 10, 32)
			if err != nil || v == 0 {
				return 0, fmt.Errorf("%.40q is not a UIDVALIDITY", field)
			}
			return uint32(v), nil
		}
	}
	return 0, errors.New("it names no UIDVALIDITY")
}

func readDovecotLine(line string) (m dovecotMessage, err error) {
	fields, name, ok := strings.Cut(line, " :")
	if !ok || name == "" {
		return m, errors.New("it names no file")
	}
	m.base, _, _ = strings.Cut(name, ":")
	m.order = math.MaxUint32
	for i, field := range strings.Fields(fields) {
		if i == 0 {
			uid, err := strconv.ParseUint(field, 10, 32)
			if err != nil || uid == 0 {
				return m, fmt.Errorf("%.40q is not a UID", field)
			}
			m.uid = imap.UID(uid)
			continue
		}
		switch value := field[1:]; field[0] {
		case 'P':
			m.UniqueID = value
		case 'W':
			m.Octets, err = readOctets(value)
		case 'O':
			var order uint64
			order, err = strconv.ParseUint(value, 10, 32)
			m.order = uint32(order)
		}
		if err != nil {
			return m, fmt.Errorf("%.40q: %w", field, err)
		}
	}
	if m.uid == 0 {
		return m, errors.New("it has no UID")
	}
	return m, nil
}

// octetsInName gives what a name says behind ",W=", 0 where it says nothing.
func octetsInName(base string) int64 {
	_, rest, ok := strings.Cut(base, ",W=")
	if !ok {
		return 0
	}
	digits, _, _ := strings.Cut(rest, ",")
	n, err := readOctets(digits)
	if err != nil {
		return 0
	}
	return n
}
