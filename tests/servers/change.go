package servers

import (
	"bytes"
	"fmt"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// inFlight is how many APPENDs are sent before the first is waited for.
const inFlight = 50

// Append puts a message into INBOX and returns its UID.
func (w *Witness) Append(raw []byte, flags ...imap.Flag) imap.UID {
	w.t.Helper()
	return w.AppendTo("INBOX", raw, flags...)
}

// AppendTo puts a message into a mailbox and returns its UID. Where the server
// does not tell it (no UIDPLUS), it is the one that was next before: nobody else
// may append meanwhile.
func (w *Witness) AppendTo(mailbox string, raw []byte, flags ...imap.Flag) imap.UID {
	w.t.Helper()
	w.leave()
	var next imap.UID
	if !w.Client.Caps().Has(imap.CapUIDPlus) {
		status, err := w.Client.Status(mailbox, &imap.StatusOptions{UIDNext: true}).Wait()
		w.must(err, "STATUS %s", mailbox)
		next = status.UIDNext
	}
	data, err := w.send(mailbox, raw, flags).Wait()
	w.must(err, "APPEND to %s", mailbox)
	if data.UID != 0 {
		return data.UID
	}
	return next
}

// Fill puts many messages into a mailbox, in order, without waiting for one
// before it sends the next: a thousand take about a second.
func (w *Witness) Fill(mailbox string, messages [][]byte, flags ...imap.Flag) {
	w.t.Helper()
	w.leave()
	var sent []*imapclient.AppendCommand
	wait := func(left int) {
		w.t.Helper()
		for len(sent) > left {
			_, err := sent[0].Wait()
			w.must(err, "APPEND to %s", mailbox)
			sent = sent[1:]
		}
	}
	for _, raw := range messages {
		sent = append(sent, w.send(mailbox, raw, flags))
		wait(inFlight)
	}
	wait(0)
}

// leave closes a mailbox that a look has opened: Courier then refuses to append to
// it and to delete it. What was opened with EXAMINE is closed without an expunge (RFC 3501 §6.4.2).
func (w *Witness) leave() {
	w.t.Helper()
	if w.Client.State() == imap.ConnStateSelected {
		selected := w.Client.Mailbox().Name
		w.examine(selected)
		w.must(w.Client.UnselectAndExpunge().Wait(), "CLOSE %s", selected)
	}
}

func (w *Witness) send(mailbox string, raw []byte, flags []imap.Flag) *imapclient.AppendCommand {
	w.t.Helper()
	cmd := w.Client.Append(mailbox, int64(len(raw)), &imap.AppendOptions{Flags: flags})
	_, err := cmd.Write(raw)
	w.must(err, "APPEND to %s", mailbox)
	w.must(cmd.Close(), "APPEND to %s", mailbox)
	return cmd
}

// Messages are n different small messages with CRLF line ends.
func Messages(n int) [][]byte {
	messages := make([][]byte, n)
	for i := range messages {
		var b bytes.Buffer
		fmt.Fprintf(&b, "From: sender@example.org\r\nTo: alice@example.org\r\nSubject: message %d\r\n", i+1)
		fmt.Fprintf(&b, "Message-ID: <%d@example.org>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nThis is message %d.\r\n", i+1, i+1)
		messages[i] = b.Bytes()
	}
	return messages
}

// CreateMailbox makes a mailbox.
func (w *Witness) CreateMailbox(mailbox string) {
	w.t.Helper()
	w.must(w.Client.Create(mailbox, nil).Wait(), "CREATE %s", mailbox)
}

// DeleteMailbox removes a mailbox with all its messages.
func (w *Witness) DeleteMailbox(mailbox string) {
	w.t.Helper()
	w.leave()
	w.must(w.Client.Delete(mailbox).Wait(), "DELETE %s", mailbox)
}

// Store sets, adds or removes flags of one message.
func (w *Witness) Store(mailbox string, uid imap.UID, op imap.StoreFlagsOp, flags ...imap.Flag) {
	w.t.Helper()
	w.choose(mailbox)
	w.store(imap.UIDSetNum(uid), op, flags...)
}

func (w *Witness) store(uids imap.UIDSet, op imap.StoreFlagsOp, flags ...imap.Flag) {
	w.t.Helper()
	err := w.Client.Store(uids, &imap.StoreFlags{Op: op, Silent: true, Flags: flags}, nil).Close()
	w.must(err, "UID STORE %v", uids)
}

// choose opens a mailbox for changing it.
func (w *Witness) choose(mailbox string) {
	w.t.Helper()
	_, err := w.Client.Select(mailbox, nil).Wait()
	w.must(err, "SELECT %s", mailbox)
}

// Expunge removes every message that has \Deleted, whoever set it (plain EXPUNGE).
func (w *Witness) Expunge(mailbox string) {
	w.t.Helper()
	w.choose(mailbox)
	w.must(w.Client.Expunge().Close(), "EXPUNGE %s", mailbox)
}

// Remove removes these messages, as another IMAP client would while a POP3 session
// has them listed. It marks them and sends a plain EXPUNGE, since not every server
// has UIDPLUS: other messages that have \Deleted go with them.
func (w *Witness) Remove(mailbox string, uids ...imap.UID) {
	w.t.Helper()
	w.choose(mailbox)
	w.store(imap.UIDSetNum(uids...), imap.StoreFlagsAdd, imap.FlagDeleted)
	w.must(w.Client.Expunge().Close(), "EXPUNGE %s", mailbox)
}

// Clear removes all messages of a mailbox.
func (w *Witness) Clear(mailbox string) {
	w.t.Helper()
	if uids := w.UIDs(mailbox); len(uids) > 0 {
		w.Remove(mailbox, uids...)
	}
}
