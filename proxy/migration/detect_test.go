package migration_test

import (
	"errors"
	"strings"
	"testing"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func TestDetect(t *testing.T) {
	s := newStage(t)
	s.old.refuses = errors.New("connection refused")
	if _, err := s.Detect(t.Context(), "old", "new", s.alice); err == nil || !strings.Contains(err.Error(), "harvest or import it first; it could not be asked either: connection refused") {
		t.Errorf("with nothing remembered, and a server that is away: %v", err)
	}
	s.old.refuses = nil
	// All of one length, so that only a match can tell that 1 is 2 and 2 is 1.
	s.old.put(letter(1, 3), letter(2, 3), letter(3, 3))
	s.old.ids = []string{"2", "1", "gone"}
	s.fresh.put(letter(2, 3), letter(1, 3))
	found, err := s.Detect(t.Context(), "old", "new", s.alice)
	if err != nil || found[0].Messages != 2 || found[0].Kind != translate.IDPreset || len(found) != 2 {
		t.Errorf("of a server that was asked for the first time: %+v, %v", found, err)
	}
	opened := s.old.opened
	if again, err := s.Detect(t.Context(), "old", "new", s.alice); err != nil || len(again) != 2 || s.old.opened != opened {
		t.Errorf("before the match: %+v, %v; the old server was opened %d times more", again, err, s.old.opened-opened)
	}
	s.remember(t)
	if _, err := s.Match(t.Context(), "old", "new", s.alice, migration.Careful); err != nil {
		t.Fatal(err)
	}
	found, err = s.Detect(t.Context(), "old", "new", s.alice)
	if err != nil || len(found) != 1 || found[0].Kind != translate.IDPreset || found[0].Presets[0] != "cyrus-old" || found[0].Messages != 2 {
		t.Errorf("after it: %+v, %v", found, err)
	}
	// A match that speaks of other UIDs counts for nothing.
	s.fresh.validity = 8
	if found, err = s.Detect(t.Context(), "old", "new", s.alice); err != nil || len(found) != 2 {
		t.Errorf("under another UIDVALIDITY: %+v, %v", found, err)
	}
}
