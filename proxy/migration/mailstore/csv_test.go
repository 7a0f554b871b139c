package mailstore_test

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

func readAll(r io.Reader) (rows []mailstore.Row, err error) {
	for row, err := range mailstore.ReadCSV(r) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestCSVComesBack(t *testing.T) {
	want := []mailstore.Row{
		{Account: "alice@example.org", Message: mailstore.Message{UniqueID: `a,"b`, Octets: 17, Print: translate.Print{Header: translate.ContentKey{1, 0xFF}}}},
		{Account: "alice@example.org", Message: mailstore.Message{UniqueID: " two words", Print: translate.Print{Sent: translate.ContentKey{2}, Body: translate.ContentKey{3}}}},
	}
	var file bytes.Buffer
	w, err := mailstore.NewCSVWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range want {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(&file); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestCSVNamesTheLine(t *testing.T) {
	for file, want := range map[string]string{
		"":                                "the file is empty; its first line names the columns",
		"uidl\nx\n":                       `line 1: column "uidl" is not known; the columns are account, unique_id, octets, header, sent, body`,
		"octets\n1\n":                     `line 1: there is no column "unique_id"; the first line names the columns`,
		"unique_id,octets,octets\n1\n":    `line 1: column "octets" appears twice`,
		"unique_id,octets\na,1\n\nb,-1\n": `line 4: column octets: "-1" is not a number of octets`,
		"unique_id,octets\na,1,2\n":       "line 2: it has 3 fields, and there are 2 columns",
		"account,unique_id\na,\n":         "line 2: the unique-id is empty",
		"unique_id,body\na,12\n":          `line 2: column body: "12" is not a hash of 32 hexadecimal digits`,
		"unique_id\na\n\"b\nc\n":          `line 3: extraneous or missing " in quoted-field`,
		"unique_id\n" + strings.Repeat("a", 20<<10): "line 2: it is longer than 16384 octets",
	} {
		if _, err := readAll(strings.NewReader(file)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", file, err, want)
		}
	}
}
