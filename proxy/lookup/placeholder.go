package lookup

import (
	"strings"

	"popbridge/translate"
)

// dialect is how a database writes the arguments of a statement, by their numbers from
// 1 on.
type dialect func(*strings.Builder, int)

// statement is a query in a database's dialect, with what its arguments are: $1 to $4
// of the operator's query, in the order in which they are wanted.
type statement struct {
	text      string
	arguments []int
}

// prepare puts arguments in place of $1 to $4, but not within quotes, where they are
// text.
func prepare(query string, write dialect) statement {
	var b strings.Builder
	var s statement
	var quote byte
	for i := 0; i < len(query); i++ {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '$' && i+1 < len(query) && query[i+1] >= '1' && query[i+1] <= '4':
			s.arguments = append(s.arguments, int(query[i+1]-'0'))
			write(&b, len(s.arguments))
			i++
			continue
		}
		b.WriteByte(c)
	}
	s.text = b.String()
	return s
}

// values are the arguments for a question.
func (s statement) values(q translate.DirectoryQuestion) []any {
	all := []any{q.Account, q.Device, q.Listener, q.Client}
	values := make([]any, len(s.arguments))
	for i, n := range s.arguments {
		values[i] = all[n-1]
	}
	return values
}

// reads takes out of a question what the statement does not ask for.
func (s statement) reads(q translate.DirectoryQuestion) translate.DirectoryQuestion {
	parts := []*string{&q.Account, &q.Device, &q.Listener, &q.Client}
	wanted := make([]bool, len(parts))
	for _, n := range s.arguments {
		wanted[n-1] = true
	}
	for i, part := range parts {
		if !wanted[i] {
			*part = ""
		}
	}
	return q
}
