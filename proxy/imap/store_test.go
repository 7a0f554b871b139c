package imap

import (
	"errors"
	"io"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

func TestStoreCopyMoveExpunge(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 UID STORE 1:3,7 +FLAGS.SILENT (\Deleted $POP3Deleted)
	S: * 1 FETCH (UID 1 MODSEQ (12))
	S: A1 OK
	C: A2 UID STORE 1 -FLAGS.SILENT (\Seen)
	S: A2 NO [NOPERM] no
	C: A3 UID COPY 1:3 "Tr&AOQ-sh"
	S: A3 OK [copyuid 38505 1:3 3957,3958:3959] done
	C: A4 UID MOVE 4,6 "x"
	S: * OK [COPYUID 38505 4,6 5:6] moved
	S: * 4 EXPUNGE
	S: * 5 EXPUNGE
	S: A4 OK done
	C: A5 UID COPY 9 "x"
	S: A5 NO [TRYCREATE] none
	C: A6 UID COPY 9 "x"
	S: A6 OK nothing said
	C: A7 UID EXPUNGE 1:3
	S: * VANISHED 1:3
	S: A7 OK`)
	check(t, c.Store(ctx, goimap.UIDSetNum(1, 2, 3, 7), true, goimap.FlagDeleted, "$POP3Deleted"))
	if c.Changes().Dirty {
		t.Error("MODSEQ alone is taken for news")
	}
	wantStatus(t, c.Store(ctx, goimap.UIDSetNum(1), false, goimap.FlagSeen), "NO", "NOPERM")
	got, err := c.Copy(ctx, goimap.UIDSetNum(1, 2, 3), "Tr&AOQ-sh")
	if err != nil || got.UIDValidity != 38505 || got.Source.String() != "1:3" || got.Dest.String() != "3957:3959" {
		t.Errorf("copied %+v, %v", got, err)
	}
	got, err = c.Move(ctx, goimap.UIDSetNum(4, 6), "x")
	if err != nil || got.UIDValidity != 38505 || got.Source.String() != "4,6" || got.Dest.String() != "5:6" {
		t.Errorf("moved %+v, %v", got, err)
	}
	_, err = c.Copy(ctx, goimap.UIDSetNum(9), "x")
	wantStatus(t, err, "NO", "TRYCREATE")
	if got, err = c.Copy(ctx, goimap.UIDSetNum(9), "x"); err != nil || got.UIDValidity != 0 {
		t.Errorf("copied %+v, %v", got, err)
	}
	check(t, c.Expunge(ctx, goimap.UIDSetNum(1, 2, 3)))
}

// TestACopyUIDThatCannotBeRead: the tagged OK says that messages went, and the connection lives on, whatever stands in COPYUID. What an earlier
// command of the same move has told stays.
func TestACopyUIDThatCannotBeRead(t *testing.T) {
	for _, code := range []string{
		"COPYUID 14  ", "COPYUID", "COPYUID ", "COPYUID 14", "COPYUID 14 ", "COPYUID 14 9", "COPYUID 14 9 ", "COPYUID  14 9 5", "COPYUID 14  9 5",
		"COPYUID 14 9 5 7", "COPYUID 14 9 5,", "COPYUID 14 9: 5", "COPYUID 14 9 *", "COPYUID 14 0 5", "COPYUID 0 9 5", "COPYUID 4294967296 9 5",
		"COPYUID 99999999999999999999999 9 5", "COPYUID 14 9 99999999999999999999999", "COPYUID 14 (9) (5)", "COPYUID 14 9 NIL", `COPYUID "14" "9" "5"`,
		"COPYUID 14 -9 5", "COPYUID 14 9 5.0", "COPYUID -1 9 5", "COPYUID 14,9,5",
	} {
		for _, answer := range []string{"S: * OK [" + code + "] so\nS: A1 OK done", "S: A1 OK [" + code + "] done", "S: A1 OK [" + code} {
			c := dial(t, Options{}, greeted+"C: A1 UID MOVE 9 \"x\"\n"+answer+"\nC: A2 NOOP\nS: A2 OK")
			got, err := c.Move(ctx, goimap.UIDSetNum(9), "x")
			if err != nil || got.UIDValidity != 0 || got.Source != nil || got.Dest != nil {
				t.Errorf("%q: %+v, %v", answer, got, err)
			}
			check(t, c.Noop(ctx))
		}
	}
	c := dial(t, Options{}, greeted+"C: A1 UID MOVE 7,9 \"x\"\nS: * OK [COPYUID 14 7 1] so\nS: * OK [COPYUID 14 9 x] so\nS: A1 OK done\n"+
		"C: A2 APPEND \"x\" {3}\nS: + go\nC: abc\nS: A2 OK [APPENDUID 14 1:x] done\nC: A3 NOOP\nS: A3 OK")
	got, err := c.Move(ctx, goimap.UIDSetNum(7, 9), "x")
	if err != nil || got.UIDValidity != 14 || got.Source.String() != "7" || got.Dest.String() != "1" {
		t.Errorf("what was said before: %+v, %v", got, err)
	}
	if said, err := c.Append(ctx, "x", nil, noDate, 3, strings.NewReader("abc")); err != nil || said != (AppendUID{}) {
		t.Errorf("APPENDUID: %+v, %v", said, err)
	}
	check(t, c.Noop(ctx))
}

// TestChangesNeedNames: neither "*" nor an empty set ever reaches the server with a command that changes messages.
func TestChangesNeedNames(t *testing.T) {
	c := dial(t, Options{}, greeted)
	for _, set := range []goimap.UIDSet{from(1), {{Start: 0, Stop: 0}}, {{Start: 1, Stop: 2}, {Start: 9, Stop: 0}}} {
		for name, err := range map[string]error{
			"store": c.Store(ctx, set, true, goimap.FlagDeleted), "expunge": c.Expunge(ctx, set),
			"copy": second(c.Copy(ctx, set, "x")), "move": second(c.Move(ctx, set, "x")),
		} {
			if !errors.Is(err, ErrDynamicSet) {
				t.Errorf("%s %v: error %v", name, set, err)
			}
		}
	}
	check(t, c.Expunge(ctx, nil))
	check(t, c.Store(ctx, goimap.UIDSet{}, true, goimap.FlagDeleted))
}

// TestLongSets: no command line is longer than 8 KB, all messages are named once, and a refusal stops the rest.
func TestLongSets(t *testing.T) {
	var set goimap.UIDSet
	for uid := goimap.UID(1_000_000_001); len(set) < 3000; uid += 2 {
		set.AddNum(uid)
	}
	texts := setTexts(set)
	if joined := strings.Join(texts, ","); joined != set.String() {
		t.Error("the pieces are not the set")
	}
	var script strings.Builder
	for i, text := range texts {
		if len(text) > 7900 {
			t.Errorf("a piece of %d octets", len(text))
		}
		tag := "A" + string(rune('1'+i))
		script.WriteString("C: " + tag + " UID COPY " + text + " \"x\"\nS: " + tag + " OK [COPYUID 5 " + text + " " + text + "]\n")
	}
	c := dial(t, Options{}, greeted+script.String()+"C: A6 UID EXPUNGE "+texts[0]+"\nS: A6 OK\nC: A7 UID EXPUNGE "+texts[1]+"\nS: A7 NO no")
	if len(texts) != 5 {
		t.Fatalf("%d pieces", len(texts))
	}
	got, err := c.Copy(ctx, set, "x")
	if err != nil || got.Source.String() != set.String() || got.Dest.String() != set.String() {
		t.Errorf("copied %d ranges, %v", len(got.Source), err)
	}
	wantStatus(t, c.Expunge(ctx, set), "NO", "")
}

func TestAppend(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 APPEND "x" (\Seen $x) " 3-Feb-2026 04:05:06 -0130" {6}
	S: + go
	C: abcd
	C: 
	S: A1 OK [APPENDUID 38505 3955] done
	C: A2 APPEND "x" {3}
	S: * CAPABILITY IMAP4rev1 LITERAL+
	S: A2 NO [TOOBIG] no
	C: A3 APPEND "x" {3}
	S: + go
	C: abc
	S: A3 OK done
	C: A4 APPEND "x" {70000}
	S: A4 NO [OVERQUOTA] no
	C: A5 APPEND "x" {4}
	S: A5 OK how so`)
	got, err := c.Append(ctx, "x", []goimap.Flag{goimap.FlagSeen, "$x"}, anyDate, 6, strings.NewReader("abcd\r\nmore"))
	if err != nil || got != (AppendUID{38505, 3955}) {
		t.Errorf("appended %+v, %v", got, err)
	}
	_, err = c.Append(ctx, "x", nil, noDate, 3, strings.NewReader("abc"))
	wantStatus(t, err, "NO", "TOOBIG")
	got, err = c.Append(ctx, "x", nil, noDate, 3, strings.NewReader("abc"))
	if err != nil || got != (AppendUID{}) {
		t.Errorf("appended %+v, %v", got, err)
	}
	_, err = c.Append(ctx, "x", nil, noDate, 70000, strings.NewReader("abc"))
	wantStatus(t, err, "NO", "OVERQUOTA")
	c.caps = nil
	_, err = c.Append(ctx, "x", nil, noDate, 4, strings.NewReader("abc"))
	wantBroken(t, c, err)
}

// TestAppendTooShort: nothing but the end of the connection tells the server that the message is not complete.
func TestAppendTooShort(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 APPEND \"x\" {7}\nS: + go\nC: ab")
	if _, err := c.Append(ctx, "x", nil, noDate, 7, strings.NewReader("ab\r\n")); !errors.Is(err, io.ErrUnexpectedEOF) || c.Err() == nil {
		t.Errorf("error %v, sticky %v", err, c.Err())
	}
}
