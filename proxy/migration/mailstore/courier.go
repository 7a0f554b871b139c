package mailstore

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// courierList is the file in which Courier's POP3 server keeps what it has told.
const courierList = "courierpop3dsizelist"

// Courier reads a Maildir with Courier's courierpop3dsizelist, whose messages are
// those that a device can have seen; what has arrived since has no unique-id yet.
// They come in the order of the server's list: by the number that their names begin
// with, then by the names. A folder without the file is an error: it may be another
// server's, or another folder, as well as one of which nobody has ever asked.
func Courier(store fs.FS) ([]Message, error) {
	list, err := store.Open(courierList)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, instead(store, courierList)
	}
	if err != nil {
		return nil, err
	}
	defer list.Close()
	files, err := maildirFiles(store)
	if err != nil {
		return nil, err
	}
	told, err := readCourierList(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", courierList, err)
	}
	there := byBase(files)
	var known []file
	for _, m := range told {
		if f, ok := there[m.base]; ok {
			known = append(known, file{path: f.path, Message: m.Message})
		}
	}
	return printed(store, known)
}

// courierMessage is a line of the list.
type courierMessage struct {
	base string // the file's name up to the colon
	Message
}

// readCourierList reads all versions of the list. The oldest has no first line of its
// own and no numbers: file names are the unique-ids. Version 1 begins with "/1 next"
// and has lines "file octets n", versions 2 and 3 with "/2 next uidv" and lines
// "file octets n:uidv", behind which version 3 has one number more. Servers that were
// updated keep the unique-ids of older versions with numbers that are 0.
func readCourierList(r io.Reader) ([]courierMessage, error) {
	var told []courierMessage
	version := 0
	for number, line := range lines(r) {
		if line.err != nil {
			return nil, fmt.Errorf("line %d: %w", number, line.err)
		}
		if number == 1 && strings.HasPrefix(line.text, "/") {
			var err error
			first, _, _ := strings.Cut(line.text[1:], " ")
			if version, err = strconv.Atoi(first); err != nil || version < 1 || version > 3 {
				return nil, fmt.Errorf("line 1: version %.10q is not known; 1, 2 and 3 are", first)
			}
			continue
		}
		m, err := readCourierLine(line.text, version)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		told = append(told, m)
	}
	slices.SortStableFunc(told, func(a, b courierMessage) int {
		return cmp.Or(cmp.Compare(leadingNumber(a.base), leadingNumber(b.base)), bytes.Compare([]byte(a.base), []byte(b.base)))
	})
	return told, nil
}

// readCourierLine reads one line. A file's name may hold blanks.
func readCourierLine(line string, version int) (m courierMessage, err error) {
	numbers := "0"
	if version > 0 {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 {
			return m, errors.New("it has no number of the message")
		}
		line, numbers = line[:at], line[at+1:]
	}
	at := strings.LastIndexByte(line, ' ')
	if at <= 0 {
		return m, errors.New("it is not a file's name and its octets")
	}
	if m.Octets, err = readOctets(line[at+1:]); err != nil {
		return m, err
	}
	m.base, _, _ = strings.Cut(line[:at], ":")
	n, rest, _ := strings.Cut(numbers, ":")
	uidv, _, _ := strings.Cut(rest, ":")
	number, err := strconv.ParseUint(n, 10, 64)
	validity, verr := strconv.ParseUint(cmp.Or(uidv, "0"), 10, 64)
	switch {
	case err != nil || verr != nil:
		return m, fmt.Errorf("%.60q is not the number of a message", numbers)
	case number == 0:
		m.UniqueID = escapeCourier(m.base)
	case validity == 0:
		m.UniqueID = fmt.Sprintf("UID%d", number)
	default:
		m.UniqueID = fmt.Sprintf("UID%d-%d", number, validity)
	}
	return m, nil
}

// leadingNumber is the number that a name begins with, 0 where there is none.
func leadingNumber(name string) int64 {
	end := 0
	for end < len(name) && '0' <= name[end] && name[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(name[:end], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// escapeCourier writes a file's name as a unique-id, as the oldest version did.
func escapeCourier(name string) string {
	var id strings.Builder
	for _, c := range []byte(name) {
		if c < 0x21 || c > 0x7E || c == '\'' || c == '"' || c == '+' {
			fmt.Fprintf(&id, "+%02X", c)
		} else {
			id.WriteByte(c)
		}
	}
	return id.String()
}
