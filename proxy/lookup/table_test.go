package lookup

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/translate"
)

func TestTable(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       map[string]translate.DirectoryAnswer
	}{
		{"lines, comments and nothing", "# accounts\n\nalice@x.org upstream=new account=alice  # moved\r\nbob@x.org\n", map[string]translate.DirectoryAnswer{
			"alice@x.org": {Upstream: "new", Account: "alice"}, "bob@x.org": {},
		}},
		{"a table of Postfix", "alice@x.org: new\nbob@x.org: imap3.x.org:993\ncarol@x.org: upstream=old action=refuse\n", map[string]translate.DirectoryAnswer{
			"alice@x.org": {Upstream: "new"}, "bob@x.org": {Host: "imap3.x.org:993"}, "carol@x.org": {Upstream: "old", Action: "refuse"},
		}},
		{"CSV", "account,upstream,maildrop\nalice@x.org,new,\n\n\"bob@x.org\",old,lab\n", map[string]translate.DirectoryAnswer{
			"alice@x.org": {Upstream: "new"}, "bob@x.org": {Upstream: "old", Maildrop: "lab"},
		}},
		{"a value with '='", "alice@x.org account=a=b\n", map[string]translate.DirectoryAnswer{"alice@x.org": {Account: "a=b"}}},
		{"empty", "", nil},
	} {
		table, err := parseTable([]byte(test.text))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for account, want := range test.want {
			if got, ok := table.find(account); !ok || got != want {
				t.Errorf("%s: %s gets %+v, %v; want %+v", test.name, account, got, ok, want)
			}
		}
		for _, account := range []string{"mallory@x.org", "", "alice@x.or", "#"} {
			if got, ok := table.find(account); ok {
				t.Errorf("%s: %q gets %+v", test.name, account, got)
			}
		}
	}
}

// TestTableMistakes: each names its line, and none is passed over.
func TestTableMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"a@x.org upstream=new\nb@x.org new\n":                "2: \"new\" is not key=value",
		"a@x.org upsteam=new\n":                              "1: \"upsteam\" is not known",
		"a@x.org upstream=new":                               "1: the last line has no end",
		"a@x.org upstream=a\n\na@x.org\n":                    "3: account \"a@x.org\" stands on an earlier line too",
		"upstream=new\n":                                     "1: \"upstream=new\" is not an account",
		"a@x.org account=" + strings.Repeat("x", 513):        "1: the last line",
		"a@x.org account=" + strings.Repeat("x", 513) + "\n": "1: account has 513 octets",
		"a@x.org host=\x00\n":                                "1: host holds a control character",
		"account,upstream\na@x.org,new,more\n":               "2: record on line 2: wrong number of fields",
		"account,upstream\na@x.org,n w\n":                    "2: \"n w\" holds a blank",
		"account,upsteam\na@x.org,new\n":                     "2: \"upsteam\" is not known",
	} {
		if _, err := parseTable([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// TestTableOfAMillion: each line is found, and the index is small.
func TestTableOfAMillion(t *testing.T) {
	lines := 1_000_000
	if testing.Short() {
		lines = 100_000
	}
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "user%07d@example.org upstream=mail account=u%d\n", i, i)
	}
	table, err := parseTable([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < lines; i += 997 {
		if got, ok := table.find(fmt.Sprintf("user%07d@example.org", i)); !ok || got.Account != fmt.Sprintf("u%d", i) {
			t.Fatalf("line %d gives %+v, %v", i+1, got, ok)
		}
	}
	if size := 4*len(table.index) + len(table.data); size > 150<<20*lines/1_000_000 {
		t.Errorf("%d lines take %d octets", lines, size)
	}
}

func BenchmarkFind(b *testing.B) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "user%07d@example.org upstream=mail account=u%d\n", i, i)
	}
	table, err := parseTable([]byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		table.find("user0054321@example.org")
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("a@x.org upstream=new # c\nb@x.org: h:1\n"))
	f.Add([]byte("account,upstream\na@x.org,new\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if table, err := parseTable(data); err == nil {
			table.find("a@x.org")
		}
	})
}
