package translate

import (
	"errors"
	"testing"
)

func TestRefuseOldLogin(t *testing.T) {
	cause := errors.New("PASS: -ERR")
	for _, test := range []struct {
		code, text string
		recent     bool
		want       string
	}{
		{"AUTH", "", false, CodeAuth},
		{"AUTH", "", true, CodeAuth},
		{"IN-USE", "", false, CodeInUse},
		{"LOGIN-DELAY", "", true, CodeLoginDelay},
		{"SYS/TEMP", "", false, CodeSysTemp},
		{"SYS/TEMP/DISK", "", false, CodeSysTemp},
		{"SYS/PERM", "", true, CodeSysPerm},
		{"SYS", "", false, CodeSysTemp},
		{"AUTHX", "bad password", false, CodeAuth},
		{"", "Login failed.", false, CodeAuth},
		{"", "Bad login", true, CodeSysTemp},
		{"", "Can't get lock.  Mailbox in use", true, CodeInUse},
		{"", "/var/mail/.a.pop lock busy!  Is another session active? (11)", false, CodeInUse},
		{"", "account locked, ask the administrator", false, CodeAuth},
		{"", "Temporary problem", false, CodeSysTemp},
	} {
		r := RefuseOldLogin(test.code, test.text, test.recent, cause)
		if r.Code != test.want || !errors.Is(r, cause) {
			t.Errorf("[%s] %q, recent %v: [%s]", test.code, test.text, test.recent, r.Code)
		}
	}
}

// An -ERR to anything but a login never has a device ask its owner for a password.
func TestRefuseOld(t *testing.T) {
	cause := errors.New("RETR: -ERR")
	for code, want := range map[string]string{"": "", "AUTH": "", "SYS/TEMP": CodeSysTemp, "SYS/PERM": CodeSysPerm, "X": ""} {
		if r := RefuseOld(code, cause); r.Code != want || !errors.Is(r, cause) {
			t.Errorf("[%s]: [%s]", code, r.Code)
		}
	}
	for code, want := range map[string]string{"": CodeSysTemp, "AUTH": CodeSysTemp, "SYS/PERM": CodeSysPerm, "IN-USE": CodeSysTemp} {
		if r := RefuseOldGreeting(code, cause); r.Code != want {
			t.Errorf("greeting [%s]: [%s]", code, r.Code)
		}
	}
}
