package page

import "popbridge/proxy/admin/desk"

// accountsView is a part of the accounts.
type accountsView struct {
	desk.AccountPage
	Search string // what their names begin with
	After  string // this part is behind it; empty: the first
	Next   string // where the next part begins behind
}

func loadAccounts(v *visit) (any, error) {
	a := accountsView{Search: v.get("search"), After: v.get("after")}
	var err error
	if a.AccountPage, err = v.desk.Accounts(v.Context(), desk.AccountQuery{Prefix: a.Search, After: a.After, Limit: perPage}); err != nil {
		return nil, err
	}
	if a.More {
		a.Next = a.Accounts[len(a.Accounts)-1].Name
	}
	return a, nil
}

// accountView is all of one account.
type accountView struct {
	desk.Account
	Password string // the upstream that undelete needs the account's password for; empty: none
	Token    string
	Back     string
}

func loadAccount(v *visit) (any, error) {
	a := accountView{Token: v.person.token, Back: v.back()}
	var err error
	if a.Account, err = v.desk.Account(v.Context(), v.get("name")); err != nil {
		return nil, err
	}
	if len(a.Deletions) > 0 {
		a.Password, err = v.desk.WantsPassword(v.Context(), a.Account.Account)
	}
	return a, err
}

// titleOfAccount is the account's name, so that tabs of a browser are told apart.
func titleOfAccount(data any) string { return plain(data.(accountView).Account.Account) }

// Missed is what the question for a message is made of.
func (a accountView) Missed() desk.Message { return desk.Message{Account: a.Account.Account} }

// Journal is what the list of deletions is made of.
func (a accountView) Journal() journal {
	return journal{Account: a.Account.Account, Password: a.Password, Token: a.Token, Back: a.Back, Deletions: newestFirst(a.Deletions)}
}

func disable(v *visit) (notice, error) {
	d, err := v.desk.Disable(v.Context(), v.PostFormValue("account"), v.PostFormValue("reason"))
	if err != nil {
		return notice{}, err
	}
	return notice{Text: d.Words() + "."}, nil
}

func enable(v *visit) (notice, error) {
	e, err := v.desk.Enable(v.Context(), v.PostFormValue("account"))
	if err != nil {
		return notice{}, err
	}
	return notice{Text: e.Account + " is enabled: it may log in again."}, nil
}
