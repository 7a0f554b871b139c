package lookup

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/bits"
	"strings"

	"popbridge/translate"
)

// table is the content of a file with an index over it: a million lines cost the file
// itself and 8 MB.
type table struct {
	data  []byte
	seed  maphash.Seed
	index []uint32 // where a line begins, plus one, by the hash of its account; 0: free
}

// maxTable bounds a file, whose lines are found by 32 bits.
const maxTable = 1 << 30

// parseTable reads lines of an account and what it is told: "ACCOUNT key=value …", in
// which '#' at the beginning of a word begins a comment. "ACCOUNT: VALUE", as tables of
// Postfix have it, names an upstream, or its server where the value has a port. A file
// that begins with "account," is CSV, whose first line names the words. Its error begins with the
// line's number. A line that is ended by nothing was perhaps not written whole, and is
// a mistake too.
func parseTable(data []byte) (*table, error) {
	if len(data) > maxTable {
		return nil, fmt.Errorf("1: the file has %d octets; it may have %d", len(data), maxTable)
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		return nil, fmt.Errorf("%d: the last line has no end; the file may not be written whole", bytes.Count(data, []byte("\n"))+1)
	}
	if bytes.HasPrefix(data, []byte("account,")) {
		var err error
		if data, err = fromCSV(data); err != nil {
			return nil, err
		}
	}
	lines := bytes.Count(data, []byte("\n"))
	t := &table{data: data, seed: maphash.MakeSeed(), index: make([]uint32, 1<<bits.Len(uint(2*lines)))}
	number := 0
	for begin := 0; begin < len(data); {
		number++
		end := begin + bytes.IndexByte(data[begin:], '\n')
		account, _, err := parseLine(string(data[begin:end]))
		if err != nil {
			return nil, fmt.Errorf("%d: %w", number, err)
		}
		if account != "" && !t.add(account, begin) {
			return nil, fmt.Errorf("%d: account %.128q stands on an earlier line too", number, account)
		}
		begin = end + 1
	}
	return t, nil
}

// add notes where an account's line begins; false: it has one.
func (t *table) add(account string, begin int) bool {
	mask := uint64(len(t.index) - 1)
	for i := maphash.String(t.seed, account) & mask; ; i = (i + 1) & mask {
		if t.index[i] == 0 {
			t.index[i] = uint32(begin + 1)
			return true
		}
		if other, _ := t.line(t.index[i]); other == account {
			return false
		}
	}
}

// find gives what an account's line says.
func (t *table) find(account string) (translate.DirectoryAnswer, bool) {
	mask := uint64(len(t.index) - 1)
	for i := maphash.String(t.seed, account) & mask; t.index[i] != 0; i = (i + 1) & mask {
		if name, answer := t.line(t.index[i]); name == account {
			return answer, true
		}
	}
	return translate.DirectoryAnswer{}, false
}

// line reads the line that an entry of the index stands for, and which was read before.
func (t *table) line(entry uint32) (account string, answer translate.DirectoryAnswer) {
	text := t.data[entry-1:]
	account, answer, _ = parseLine(string(text[:bytes.IndexByte(text, '\n')]))
	return account, answer
}

// parseLine reads one line; the account is empty where it holds none.
func parseLine(line string) (account string, answer translate.DirectoryAnswer, err error) {
	postfix := false
	for word := range strings.FieldsSeq(line) {
		if word[0] == '#' {
			break
		}
		if account == "" {
			if account, postfix = strings.CutSuffix(word, ":"); strings.Contains(word, "=") || account == "" {
				return "", answer, fmt.Errorf("%.128q is not an account; write ACCOUNT key=value", word)
			}
			continue
		}
		key, value, ok := strings.Cut(word, "=")
		if !ok && postfix {
			key, value, ok, postfix = alone(word), word, true, false
		}
		if !ok {
			return "", answer, fmt.Errorf("%.128q is not key=value; keys are %s", word, strings.Join(translate.DirectoryWords(), ", "))
		}
		if err := answer.Set(key, value); err != nil {
			return "", answer, err
		}
	}
	return account, answer, nil
}

// alone is the word of a value that stands alone.
func alone(value string) string {
	if strings.Contains(value, ":") {
		return "host"
	}
	return "upstream"
}
