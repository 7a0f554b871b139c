package upstream_test

import (
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// What a device brings comes before what is popbridge's own, and nothing is sent that
// would be a command of its own or that the upstream does not check.
func TestChoose(t *testing.T) {
	password, token := configs.NewSecret("secret"), configs.NewSecret("token")
	for _, c := range []struct {
		name string
		auth configs.Auth
		req  backend.Request
		want upstream.Credential
		code string
	}{
		{"password", configs.AuthPassword, backend.Request{Password: password}, upstream.PasswordShown, ""},
		{"no password", configs.AuthPassword, backend.Request{}, 0, translate.CodeAuth},
		{"SCRAM", configs.AuthSCRAM, backend.Request{Password: password}, upstream.PasswordProven, ""},
		{"SCRAM without a password", configs.AuthSCRAM, backend.Request{}, 0, translate.CodeAuth},
		{"master", configs.AuthMaster, backend.Request{}, upstream.MasterUser, ""},
		{"a password before the master user", configs.AuthMaster, backend.Request{Password: password}, upstream.PasswordShown, ""},
		{"own token", configs.AuthOAuth2, backend.Request{}, upstream.OwnToken, ""},
		{"a password where tokens are wanted", configs.AuthOAuth2, backend.Request{Password: password}, 0, translate.CodeAuth},
		{"the device's token before our own", configs.AuthOAuth2, backend.Request{Bearer: token}, upstream.DeviceToken, ""},
		{"the device's token", configs.AuthPassword, backend.Request{Bearer: token}, upstream.DeviceToken, ""},
		{"NUL in the password", configs.AuthPassword, backend.Request{Password: configs.NewSecret("a\x00b")}, 0, translate.CodeAuth},
		{"LF in the name", configs.AuthMaster, backend.Request{Account: "alice\nQUIT"}, 0, translate.CodeAuth},
	} {
		c.req.Upstream.Auth = c.auth
		got, err := upstream.Choose(c.req)
		if refusal := translate.Refuse(err); got != c.want || (err != nil) != (c.code != "") || err != nil && refusal.Code != c.code {
			t.Errorf("%s: %v, %v; want %v, %q", c.name, got, err, c.want, c.code)
		}
	}
}
