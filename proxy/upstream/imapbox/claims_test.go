package imapbox

import (
	"testing"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
)

// TestClaims: an attribute tells the special use of a mailbox, whatever its name is,
// but for one that contradicts the names of others.
func TestClaims(t *testing.T) {
	box := func(name string, attrs ...goimap.MailboxAttr) imap.Mailbox {
		return imap.Mailbox{Name: name, Delimiter: '/', Attributes: attrs}
	}
	const trash, archive = goimap.MailboxAttrTrash, goimap.MailboxAttrArchive
	for _, c := range []struct {
		name           string
		boxes          []imap.Mailbox
		trash, archive string
	}{
		{"as Cyrus mixes them up", []imap.Mailbox{box("Archive", trash), box("Junk", archive), box("Trash", trash)}, "Trash", "Archive"},
		{"and in another order", []imap.Mailbox{box("Trash", trash), box("Junk", archive), box("Archive", trash)}, "Trash", "Archive"},
		{"each its own", []imap.Mailbox{box("Archive", archive), box("Trash", trash)}, "Trash", "Archive"},
		{"a name of no use", []imap.Mailbox{box("Old", trash), box("Trash"), box("Archive")}, "Old", "Archive"},
		{"two names of no use", []imap.Mailbox{box("Old", trash), box("Older", trash)}, "Old", ""},
		{"the customary of two", []imap.Mailbox{box("Old", trash), box("Papierkorb", trash)}, "Papierkorb", ""},
		{"another use's name alone", []imap.Mailbox{box("Junk", trash)}, "Junk", ""},
		{"below a prefix", []imap.Mailbox{box("INBOX/Archive", trash), box("INBOX/Trash")}, "INBOX/Trash", "INBOX/Archive"},
	} {
		n := namesOf("", c.boxes)
		for use, want := range map[string]string{`\Trash`: c.trash, `\Archive`: c.archive} {
			got, exists, err := n.find(use)
			if err != nil || exists != (want != "") || want != "" && got != want {
				t.Errorf("%s: %s is %q (%v, %v), want %q", c.name, use, got, exists, err, want)
			}
		}
	}
	// What others claim is not lost to a use that a maildrop or a copy of sent mail names.
	n := namesOf("", []imap.Mailbox{box("Archive", trash), box("Junk", archive), box("Sent", goimap.MailboxAttrJunk), box("Trash", goimap.MailboxAttrSent)})
	for use, want := range map[string]string{`\Trash`: "Trash", `\Archive`: "Archive", `\Junk`: "Junk", `\Sent`: "Sent"} {
		if got, exists, err := n.find(use); err != nil || !exists || got != want {
			t.Errorf("all mixed up: %s is %q (%v, %v), want %q", use, got, exists, err, want)
		}
	}
}
