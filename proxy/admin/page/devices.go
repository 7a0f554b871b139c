package page

import (
	"fmt"

	"popbridge/proxy/admin/desk"
)

func addDevice(v *visit) (notice, error) {
	n := desk.NewDevice{Password: v.PostFormValue("with_password") != "", APOP: v.PostFormValue("apop") != "", Label: v.PostFormValue("label"), Expect: v.PostFormValue("expect")}
	added, err := v.desk.AddDevice(v.Context(), v.PostFormValue("account"), v.PostFormValue("device"), n)
	if err != nil {
		return notice{}, err
	}
	said := notice{Text: fmt.Sprintf("Device %s of %s may log in.", added.Device, added.Account), Secret: added.Password}
	if added.Password != "" {
		said.Text += " This is its password; it is shown this once:"
	}
	for _, remark := range added.Remarks {
		said.Lines = append(said.Lines, sentence(remark))
	}
	return said, nil
}

func removeDevice(v *visit) (notice, error) {
	removed, err := v.desk.RemoveDevice(v.Context(), v.PostFormValue("account"), v.PostFormValue("device"))
	if err != nil {
		return notice{}, err
	}
	said := notice{Text: fmt.Sprintf("Device %s of %s is off the list.", removed.Device, removed.Account)}
	if removed.LetIn {
		said.Lines = []string{`It may log in all the same, with the account's password: login.devices is "any".`}
	}
	return said, nil
}

func revokeDevice(v *visit) (notice, error) {
	d, err := v.desk.RevokeDevice(v.Context(), v.PostFormValue("account"), v.PostFormValue("device"))
	if err != nil {
		return notice{}, err
	}
	return notice{Text: fmt.Sprintf("The password of device %s of %s is revoked, and its sessions end.", d.Device, d.Account)}, nil
}
