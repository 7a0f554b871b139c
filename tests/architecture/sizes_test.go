package architecture

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// A reader holds so much in mind at once. What grows beyond it wants a wall, not a larger
// number here.
const (
	mostInFile    = 300  // lines
	mostInRoom    = 1200 // lines, tests aside
	mostOfSession = 35   // methods
	mostInSession = 18   // fields
)

// rooms are those that a login and its mail walk through.
var rooms = []string{"backend", "route", "limiter", "sasl", "login", "maildrop", "maildrop/part", "maildrop/filing", "session", "server", "door"}

// program calls look with each Go file of the program, tests aside.
func program(t *testing.T, below string, look func(file string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, below), func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "tests" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(file)
		if err == nil {
			look(file, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func lines(text []byte) int { return bytes.Count(text, []byte("\n")) }

func TestFilesHaveOneIdea(t *testing.T) {
	seen := 0
	for _, folder := range []string{"cmd", "configs", "proxy", "translate"} {
		program(t, folder, func(file string, text []byte) {
			seen++
			if n := lines(text); n > mostInFile {
				t.Errorf("%s has %d lines, at most %d are read at a time: part it by its ideas", file, n, mostInFile)
			}
		})
	}
	if seen < 100 {
		t.Errorf("only %d files were seen", seen)
	}
}

func TestRoomsAreSmall(t *testing.T) {
	for _, room := range rooms {
		n, folder := 0, filepath.Join(root, "proxy", room)
		program(t, path.Join("proxy", room), func(file string, text []byte) {
			if filepath.Dir(file) == folder {
				n += lines(text)
			}
		})
		if n == 0 || n > mostInRoom {
			t.Errorf("proxy/%s has %d lines, at most %d are wanted: draw a wall", room, n, mostInRoom)
		}
	}
}

func TestSessionIsOneConnectionOnly(t *testing.T) {
	methods, fields := 0, 0
	program(t, "proxy/session", func(file string, text []byte) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil && receiver(d.Recv.List[0].Type) == "Session" {
					methods++
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					named, ok := spec.(*ast.TypeSpec)
					if !ok || named.Name.Name != "Session" {
						continue
					}
					for _, f := range named.Type.(*ast.StructType).Fields.List {
						fields += max(1, len(f.Names))
					}
				}
			}
		}
	})
	if methods == 0 || methods > mostOfSession || fields == 0 || fields > mostInSession {
		t.Errorf("session.Session has %d methods and %d fields, at most %d and %d are wanted", methods, fields, mostOfSession, mostInSession)
	}
}

func receiver(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if name, ok := e.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
