package recall

import (
	"errors"
	"testing"
)

// file is a database's file, as Memory sees it.
type file struct {
	now  Version
	torn bool
}

func (f *file) version() (Version, bool) { return f.now, !f.torn }

// commit is one by whichever process.
func (f *file) commit() { f.now.Commits++; f.now.Header[0]++ }

// reader reads a value that changes with each reading, so that it tells a reading from
// what was kept.
type reader struct {
	t         *testing.T
	m         *Memory
	read      int
	meanwhile func()
}

func (r *reader) of(key string, tags ...Tag) int {
	r.t.Helper()
	v, err := Of(r.m, key, func() (int, Made, error) {
		if r.read++; r.meanwhile != nil {
			r.meanwhile()
		}
		return r.read, Made{Of: tags}, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func touching(tags ...Tag) map[Tag]struct{} {
	set := make(map[Tag]struct{})
	for _, tag := range tags {
		set[tag] = struct{}{}
	}
	return set
}

// TestWhatIsForgotten: nothing is given that another commit has changed, whoever has
// committed, and nothing is asked for again that none has.
func TestWhatIsForgotten(t *testing.T) {
	a, b := Named("account", "a"), Numbered("page", 1)
	failed := errors.New("the disk is full")
	for _, c := range []struct {
		name   string
		happen func(f *file, m *Memory) error
		read   bool // it has to be read again
		err    error
	}{
		{"nothing", func(*file, *Memory) error { return nil }, false, nil},
		{"a commit of another's rows", func(f *file, m *Memory) error {
			return m.Commit(touching(Named("account", "c")), func() error { f.commit(); return nil })
		}, false, nil},
		{"a commit of its rows", func(f *file, m *Memory) error {
			return m.Commit(touching(a), func() error { f.commit(); return nil })
		}, true, nil},
		{"a commit of other rows that it is made of", func(f *file, m *Memory) error {
			return m.Commit(touching(b), func() error { f.commit(); return nil })
		}, true, nil},
		{"a commit of another process", func(f *file, _ *Memory) error { f.commit(); return nil }, true, nil},
		{"one of another process before ours", func(f *file, m *Memory) error {
			f.commit()
			return m.Commit(nil, func() error { f.commit(); return nil })
		}, true, nil},
		{"one of another process behind ours", func(f *file, m *Memory) error {
			return m.Commit(nil, func() error { f.commit(); f.commit(); return nil })
		}, true, nil},
		{"a commit that fails", func(f *file, m *Memory) error {
			return m.Commit(nil, func() error { f.commit(); return failed })
		}, true, failed},
		{"a file that another process writes to", func(f *file, _ *Memory) error { f.torn = true; return nil }, true, nil},
		{"a commit whose version is not told", func(f *file, m *Memory) error {
			err := m.Commit(nil, func() error { f.commit(); f.torn = true; return nil })
			f.torn = false
			return err
		}, true, nil},
		{"everything", func(_ *file, m *Memory) error { m.Forget(); return nil }, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := new(file)
			r := &reader{t: t, m: New(1<<20, f.version)}
			r.of("x", a, b)
			if r.of("x", a, b); r.read != 1 {
				t.Fatalf("it was read %d times", r.read)
			}
			if err := c.happen(f, r.m); !errors.Is(err, c.err) {
				t.Fatal(err)
			}
			if v := r.of("x", a, b); (v == 2) != c.read {
				t.Errorf("it gives reading %d", v)
			}
		})
	}
}

// TestNothingIsKeptOfACommit: what is read while a transaction is committed may be of
// before, and what was read before it may come back after it.
func TestNothingIsKeptOfACommit(t *testing.T) {
	a := Named("account", "a")
	f := new(file)
	r := &reader{t: t, m: New(1<<20, f.version)}
	r.of("x", a)
	err := r.m.Commit(touching(a), func() error {
		if v := r.of("x", a); v != 2 {
			t.Errorf("while it is committed it gives reading %d", v)
		}
		if v := r.of("x", a); v != 3 {
			t.Errorf("what was read meanwhile was kept: it gives reading %d", v)
		}
		f.commit()
		return nil
	})
	if v := r.of("x", a); v != 4 || err != nil {
		t.Errorf("afterwards it gives reading %d, %v", v, err)
	}
	for what, happen := range map[string]func(){
		"a commit":                    func() { _ = r.m.Commit(touching(a), func() error { f.commit(); return nil }) },
		"a commit of another process": f.commit,
	} {
		r.m.Forget()
		r.meanwhile = happen
		before := r.of("x", a)
		if r.meanwhile = nil; r.of("x", a) == before {
			t.Errorf("what was read before %s was kept behind it", what)
		}
	}
}

// TestWhoKeepsNothing: a value without rows, an error, and no Memory at all.
func TestWhoKeepsNothing(t *testing.T) {
	f := new(file)
	r := &reader{t: t, m: New(1<<20, f.version)}
	if r.of("x"); r.of("x") != 2 {
		t.Error("what is made of nothing was kept")
	}
	failed, tries := errors.New("gone"), 0
	for range 2 {
		_, err := Of(r.m, "y", func() (int, Made, error) {
			tries++
			return 0, Made{Of: []Tag{1}}, failed
		})
		if !errors.Is(err, failed) {
			t.Error(err)
		}
	}
	if tries != 2 {
		t.Error("an error was kept")
	}
	none := &reader{t: t}
	if none.of("x", 1); none.of("x", 1) != 2 {
		t.Error("nothing was to be kept")
	}
}

// TestTheLeastRecentlyUsedGo: it stays small, whoever fills it.
func TestTheLeastRecentlyUsedGo(t *testing.T) {
	r := &reader{t: t, m: New(3*keptOctets, nil)}
	for _, key := range []string{"a", "b", "c", "a", "d"} {
		r.of(key, 1)
	}
	if before := r.read; r.of("a", 1) != 1 || r.of("d", 1) != 4 || r.of("b", 1) != before+1 {
		t.Errorf("they are read %d times", r.read)
	}
}
