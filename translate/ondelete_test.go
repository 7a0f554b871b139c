package translate_test

import (
	"testing"

	"popbridge/translate"
)

// What commands ask of an action is answered for each of them.
func TestWhatAnActionDoes(t *testing.T) {
	for _, test := range []struct {
		action               translate.OnDelete
		found, named         string
		stays, touches, gone bool
	}{
		{translate.DeleteTrash, `is moved to the mailbox with the special use \Trash`, `is moved to "Bin"`, false, true, false},
		{translate.DeleteExpunge, "is removed for good", "is removed for good", false, true, true},
		{translate.DeleteArchive, `is moved to the mailbox with the special use \Archive`, `is moved to "Bin"`, false, true, false},
		{translate.DeleteFlag, "stays, and no device sees it again", "stays, and no device sees it again", true, true, false},
		{translate.DeleteHide, "stays, and its device alone does not see it again", "stays, and its device alone does not see it again", true, false, false},
	} {
		a := test.action
		if found, named := a.Describe(""), a.Describe("Bin"); found != test.found || named != test.named {
			t.Errorf("%v: %q, and with a name %q", a, found, named)
		}
		if a.Stays() != test.stays || a.Touches() != test.touches || a.Gone() != test.gone {
			t.Errorf("%v: stays %v, touches %v, gone %v", a, a.Stays(), a.Touches(), a.Gone())
		}
	}
	for _, a := range translate.OnDeletes() {
		if a.Describe("") == "" {
			t.Errorf("nothing says what %v does", a)
		}
	}
}
