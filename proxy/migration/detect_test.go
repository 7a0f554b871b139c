package migration_test

import (
	"strings"
	"testing"

	"popbridge/translate"
)

func TestDetect(t *testing.T) {
	s := newStage(t)
	if _, err := s.Detect(t.Context(), "old", "new", s.alice); err == nil || !strings.Contains(err.Error(), "harvest or import it first") {
		t.Errorf("with nothing remembered: %v", err)
	}
	// All of one length, so that only a match can tell that 1 is 2 and 2 is 1.
	s.old.put(letter(1, 3), letter(2, 3), letter(3, 3))
	s.old.ids = []string{"2", "1", "gone"}
	s.fresh.put(letter(2, 3), letter(1, 3))
	s.remember(t)
	found, err := s.Detect(t.Context(), "old", "new", s.alice)
	if err != nil || found[0].Messages != 2 || found[0].Kind != translate.IDPreset || len(found) != 2 {
		t.Errorf("before the match: %+v, %v", found, err)
	}
	if _, err := s.Match(t.Context(), "old", "new", s.alice, false); err != nil {
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
