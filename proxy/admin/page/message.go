package page

import "popbridge/proxy/admin/desk"

// messageView is why a message is not shown.
type messageView struct {
	desk.Message
	Name string // the account that was asked for
}

func loadMessage(v *visit) (any, error) {
	m := messageView{Name: v.get("name")}
	var err error
	m.Message, err = v.desk.Message(v.Context(), m.Name, v.get("id"))
	return m, err
}

// titleOfMessage names whose it is.
func titleOfMessage(data any) string {
	return "A message of " + plain(data.(messageView).Account)
}
