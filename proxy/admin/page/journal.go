package page

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

// journal is a list of deletions, each of which can be undone.
type journal struct {
	Account   string
	Password  string // the upstream that undelete needs the account's password for; empty: none
	Token     string
	Back      string
	Deletions []desk.Deletion // the newest first
}

// deletionsView is a part of an account's journal.
type deletionsView struct {
	journal
	Before, Next int64 // Before begins this part, Next the one that follows; 0: none
}

func loadDeletions(v *visit) (any, error) {
	d := deletionsView{journal: journal{Account: v.get("name"), Token: v.person.token, Back: v.back()}, Before: v.number("before")}
	list, err := v.desk.Deletions(v.Context(), d.Account, desk.DeletionQuery{Last: perPage + 1, Before: d.Before})
	if err != nil {
		return nil, err
	}
	if d.Deletions = newestFirst(list); len(d.Deletions) > perPage {
		d.Deletions = d.Deletions[:perPage]
		d.Next = d.Deletions[perPage-1].Line
	}
	d.Password, err = v.desk.WantsPassword(v.Context(), d.Account)
	return d, err
}

// titleOfDeletions names whose they are.
func titleOfDeletions(data any) string { return "Deletions of " + plain(data.(deletionsView).Account) }

// Journal is what the list is made of.
func (d deletionsView) Journal() journal { return d.journal }

// newestFirst sorts lines of a journal by when they were written.
func newestFirst(list []desk.Deletion) []desk.Deletion {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b desk.Deletion) int { return cmp.Compare(b.Line, a.Line) })
	return list
}

// undelete brings back one message, or all of a time; or only says what would be.
func undelete(v *visit) (notice, error) {
	u := desk.Undelete{Password: v.PostFormValue("password"), DryRun: v.PostFormValue("dry_run") != ""}
	var err error
	if line := v.PostFormValue("line"); line != "" {
		u.Line, err = strconv.ParseInt(line, 10, 64)
	} else {
		u.Since, err = desk.Since(v.PostFormValue("since"), time.Now())
	}
	switch {
	case err != nil:
		return notice{}, &desk.Fault{Kind: desk.Invalid, Err: err}
	case u.Line == 0 && u.Since.IsZero():
		return notice{}, &desk.Fault{Kind: desk.Invalid, Err: errors.New("say since when what was deleted is to be brought back")}
	}
	if device := v.PostFormValue("device"); device != "" {
		u.Device = &device
	}
	r, err := v.desk.Undelete(v.Context(), v.PostFormValue("account"), u)
	if err != nil {
		return notice{}, err
	}
	return undeleted(r), nil
}

// maxLines bounds how much a notice tells.
const maxLines = 50

// undeleted says what became of it.
func undeleted(r desk.Restored) notice {
	back := 0
	said := notice{Bad: r.Failed > 0}
	for _, m := range r.Messages {
		if m.BroughtBack {
			back++
		}
		if len(said.Lines) < maxLines && !m.Unopened {
			said.Lines = append(said.Lines, fmt.Sprintf("%s: %s", cmp.Or(m.MessageID, m.UniqueID), m.Result))
		}
	}
	said.Lines = append(said.Lines, r.Unopened...)
	switch {
	case len(r.Messages) == 0:
		said.Text = "Nothing that was deleted fits."
	case r.DryRun:
		said.Text = fmt.Sprintf("Nothing was changed. It would be about %s:", translate.Count(len(r.Messages), "message"))
	case r.Failed > 0:
		said.Text = fmt.Sprintf("%d of %s brought back:", back, translate.Count(len(r.Messages), "message"))
	default:
		said.Text = fmt.Sprintf("%s brought back:", translate.Count(back, "message"))
	}
	return said
}
