package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"popbridge/proxy/admin/desk"
)

// pagedDesk gives few accounts at a time, whatever is asked for.
type pagedDesk struct{ desk.Desk }

func (pagedDesk) Accounts(_ context.Context, q desk.AccountQuery) (page desk.AccountPage, err error) {
	for i := range 250 {
		name := fmt.Sprintf("User%03d@example.org", i)
		if name > q.After && len(page.Accounts) < 100 {
			page.Accounts = append(page.Accounts, desk.ListedAccount{Name: name})
		}
	}
	return page, nil
}

func TestAccountsAreListedToTheLast(t *testing.T) {
	for filter, want := range map[string]int{"": 250, "user1": 100, "249@EXAMPLE": 1, "nobody": 0} {
		var out bytes.Buffer
		var listed []desk.ListedAccount
		err := listAccounts(t.Context(), &environment{desk: pagedDesk{}, out: &out, json: true}, filter)
		if err == nil {
			err = json.Unmarshal(out.Bytes(), &listed)
		}
		if err != nil || len(listed) != want || listed == nil {
			t.Errorf("%q gives %d accounts, not %d: %v", filter, len(listed), want, err)
		}
	}
}
