package lookup

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// fromCSV makes lines of "ACCOUNT key=value" of CSV (RFC 4180). The lines keep their
// numbers, so that what is wrong with one is found in the file. Fields that are empty
// say nothing.
func fromCSV(data []byte) ([]byte, error) {
	r := csv.NewReader(bytes.NewReader(data))
	words, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("1: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, 0, len(data)*2))
	out.WriteByte('\n')
	for last := 1; ; {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", line, err)
		}
		for last++; last < line; last++ { // empty lines, which the reader passes over
			out.WriteByte('\n')
		}
		for i, field := range record {
			switch {
			case strings.ContainsAny(field, " \t\r\n#"):
				return nil, fmt.Errorf("%d: %q holds a blank or a '#', which no value may", line, field)
			case i == 0:
				out.WriteString(field)
			case field != "":
				out.WriteString(" " + words[i] + "=" + field)
			}
		}
		out.WriteByte('\n')
	}
}
