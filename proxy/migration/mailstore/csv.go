package mailstore

import (
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"popbridge/translate"
)

// The columns of the CSV form. The first line names them; their order is free, and
// all but the unique-id may be missing. Hashes are those of translate.Print, in
// hexadecimal, and octets are decimal; both may be empty for not known. The lines
// of one account stand together, in the order of the old server's list.
const (
	columnAccount  = "account"
	columnUniqueID = "unique_id"
	columnOctets   = "octets"
	columnHeader   = "header"
	columnSent     = "sent"
	columnBody     = "body"
)

var columns = []string{columnAccount, columnUniqueID, columnOctets, columnHeader, columnSent, columnBody}

// Row is a message and the account that has it, empty where the file does not say.
type Row struct {
	Account string
	Message
}

// CSVWriter writes the CSV form.
type CSVWriter struct{ w *csv.Writer }

// NewCSVWriter writes the line that names the columns.
func NewCSVWriter(w io.Writer) (*CSVWriter, error) {
	c := &CSVWriter{w: csv.NewWriter(w)}
	return c, c.w.Write(columns)
}

// Write writes one message. It may be kept in memory until Flush.
func (c *CSVWriter) Write(r Row) error {
	octets := ""
	if r.Octets != 0 {
		octets = strconv.FormatInt(r.Octets, 10)
	}
	return c.w.Write([]string{r.Account, r.UniqueID, octets, keyText(r.Print.Header), keyText(r.Print.Sent), keyText(r.Print.Body)})
}

// Flush writes what is still in memory.
func (c *CSVWriter) Flush() error {
	c.w.Flush()
	return c.w.Error()
}

func keyText(k translate.ContentKey) string {
	if k == (translate.ContentKey{}) {
		return ""
	}
	return hex.EncodeToString(k[:])
}

// ReadCSV yields the rows of the CSV form. A field cannot hold a line end. It ends
// after the first error, which names the line.
func ReadCSV(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var names []string
		for number, line := range lines(r) {
			if line.err != nil {
				yield(Row{}, fmt.Errorf("line %d: %w", number, line.err))
				return
			}
			fields, err := csv.NewReader(strings.NewReader(line.text)).Read()
			if errors.Is(err, io.EOF) {
				continue // an empty line
			}
			var row Row
			switch {
			case err != nil:
				err = errors.Unwrap(err) // without the number of its only line
			case names == nil:
				names, err = fields, checkColumns(fields)
			case len(fields) != len(names):
				err = fmt.Errorf("it has %d fields, and there are %d columns", len(fields), len(names))
			default:
				row, err = readRow(names, fields)
			}
			if err != nil {
				yield(Row{}, fmt.Errorf("line %d: %w", number, err))
				return
			}
			if row.UniqueID != "" && !yield(row, nil) {
				return
			}
		}
		if names == nil {
			yield(Row{}, errors.New("the file is empty; its first line names the columns"))
		}
	}
}

func checkColumns(names []string) error {
	for i, name := range names {
		if !slices.Contains(columns, name) {
			return fmt.Errorf("column %.40q is not known; the columns are %s", name, strings.Join(columns, ", "))
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("column %.40q appears twice", name)
		}
	}
	if !slices.Contains(names, columnUniqueID) {
		return fmt.Errorf("there is no column %q; the first line names the columns", columnUniqueID)
	}
	return nil
}

func readRow(names, fields []string) (row Row, err error) {
	for i, text := range fields {
		switch names[i] {
		case columnAccount:
			row.Account = text
		case columnUniqueID:
			if row.UniqueID = text; text == "" {
				return row, errors.New("the unique-id is empty")
			}
		case columnOctets:
			row.Octets, err = readOctets(text)
		case columnHeader:
			row.Print.Header, err = readKey(text)
		case columnSent:
			row.Print.Sent, err = readKey(text)
		case columnBody:
			row.Print.Body, err = readKey(text)
		}
		if err != nil {
			return row, fmt.Errorf("column %s: %w", names[i], err)
		}
	}
	return row, nil
}

func readOctets(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a number of octets", text)
	}
	return int64(n), nil
}

func readKey(text string) (key translate.ContentKey, err error) {
	if text == "" {
		return key, nil
	}
	if n, err := hex.Decode(key[:], []byte(text[:min(len(text), 2*len(key))])); err != nil || n != len(key) || len(text) != 2*len(key) {
		return key, fmt.Errorf("%.40q is not a hash of %d hexadecimal digits", text, 2*len(key))
	}
	return key, nil
}
