package audit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// cramped is a disk that takes so many octets of each write.
type cramped struct {
	text bytes.Buffer
	room int // less than 0: all
}

func (c *cramped) Write(p []byte) (int, error) {
	if c.room < 0 || c.room >= len(p) {
		return c.text.Write(p)
	}
	n, _ := c.text.Write(p[:c.room])
	return n, errors.New("no space left on device")
}

func (c *cramped) Close() error { return nil }

func kinds(t *testing.T, path string, f Filter) (all []string, unreadable int) {
	t.Helper()
	unreadable, err := Read(path, f, func(e backend.Event, line []byte) error {
		text := string(e.Kind)
		if e.Lost > 0 {
			text += fmt.Sprint(" ", e.Lost)
		}
		all = append(all, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, unreadable
}

// A line that was cut does not spoil the next one, and the gap is told.
func TestAFullDiskCostsOnlyItsLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trail := New(hclog.NewNullLogger(), nil)
	if _, err := trail.Configure(configs.Audit{Path: path, Fail: configs.AuditClosed}); err != nil {
		t.Fatal(err)
	}
	disk := &cramped{room: -1}
	trail.file = disk
	tell := func(kind backend.EventKind) error { return trail.Tell(backend.Event{At: time.Now(), Kind: kind}) }
	if err := tell(backend.EventLogin); err != nil {
		t.Fatal(err)
	}
	disk.room = 20
	for range 2 {
		if err := tell(backend.EventRETR); translate.Refuse(err).Code != translate.CodeSysTemp {
			t.Errorf("a line that is lost gives %v", err)
		}
	}
	if trail.Failing() == nil {
		t.Error("the trail does not say that it fails")
	}
	disk.room = 0
	_ = tell(backend.EventRETR)
	disk.room = -1
	if err := tell(backend.EventDELE); err != nil || trail.Failing() != nil {
		t.Errorf("with room again: %v, %v", err, trail.Failing())
	}
	if err := os.WriteFile(path, disk.text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, unreadable := kinds(t, path, Filter{})
	if want := []string{"login", "lost 3", "dele"}; !slices.Equal(got, want) || unreadable != 2 { // each of the two cuts is one
		t.Errorf("the file has %q and %d lines that cannot be read, want %q and 2", got, unreadable, want)
	}
}

// A configuration whose trail cannot be written is refused where it has to be, and can be
// taken back.
func TestConfigure(t *testing.T) {
	folder := t.TempDir()
	good, nowhere := filepath.Join(folder, "good"), filepath.Join(folder, "none", "bad")
	trail := New(hclog.NewNullLogger(), strings.ToUpper)
	defer trail.Close()
	if _, err := trail.Configure(configs.Audit{Path: nowhere, Fail: configs.AuditClosed}); err == nil || trail.On() {
		t.Errorf("closed, where nothing can be written: %v", err)
	}
	if _, err := trail.Configure(configs.Audit{Path: nowhere}); err != nil || !trail.On() || trail.Strict() {
		t.Errorf("open, where nothing can be written: %v", err)
	}
	if err := trail.Tell(backend.Event{Kind: backend.EventLogin}); err != nil {
		t.Errorf("open: %v", err)
	}
	if _, err := trail.Configure(configs.Audit{Path: good}); err != nil {
		t.Fatal(err)
	}
	back, err := trail.Configure(configs.Audit{})
	if err != nil || trail.On() {
		t.Errorf("off: %v", err)
	}
	back()
	_ = trail.Tell(backend.Event{Kind: backend.EventDELE, To: "trash"})
	if text, err := os.ReadFile(good); err != nil || strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), `"to":"TRASH"`) {
		t.Errorf("after all: %v, %s", err, text)
	}
}

func TestReadChooses(t *testing.T) {
	folder := t.TempDir()
	now := time.Now()
	scanner, none := "scanner", ""
	var text bytes.Buffer
	for _, e := range []backend.Event{
		{At: now.Add(-time.Hour), Kind: backend.EventLogin, Account: "alice@example.org"},
		{At: now, Kind: backend.EventLogin, Account: "Alice@example.org", Device: "Scanner", Client: "192.0.2.1"},
		{At: now, Kind: backend.EventRefused, User: "alice@example.org"},
		{At: now, Kind: backend.EventLost, Lost: 2},
		{At: now, Kind: backend.EventAct, Account: "bob@example.org"},
	} {
		text.Write(line(e))
	}
	text.WriteString(strings.Repeat("x", 2*maxLine) + "\n\nno JSON")
	plain, packed := filepath.Join(folder, "a"), filepath.Join(folder, "a.gz")
	if err := os.WriteFile(plain, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var squeezed bytes.Buffer
	z := gzip.NewWriter(&squeezed)
	if _, err := io.Copy(z, &text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(packed, squeezed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{plain, packed} {
		for name, c := range map[string]struct {
			f    Filter
			want []string
		}{
			"all":        {Filter{}, []string{"login", "login", "login_refused", "lost 2", "act"}},
			"an account": {Filter{Account: "alice@example.org"}, []string{"login", "login", "login_refused", "lost 2"}},
			"a device":   {Filter{Device: &scanner}, []string{"login", "lost 2"}},
			"no device":  {Filter{Device: &none, Account: "bob@example.org"}, []string{"lost 2", "act"}},
			"an address": {Filter{Client: "192.0.2.1"}, []string{"login", "lost 2"}},
			"of late":    {Filter{Since: now.Add(-time.Minute), Kinds: []backend.EventKind{backend.EventLogin}}, []string{"login", "lost 2"}},
		} {
			got, unreadable := kinds(t, path, c.f)
			if !slices.Equal(got, c.want) || unreadable != 2 {
				t.Errorf("%s of %s: %q and %d lines that cannot be read, want %q and 2", name, filepath.Base(path), got, unreadable, c.want)
			}
		}
	}
}
