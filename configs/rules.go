package configs

import "popbridge/translate"

// Rules are how the names of logins are read.
func (l Login) Rules() translate.LoginRules {
	return translate.LoginRules{DefaultDomain: l.DefaultDomain, Lowercase: l.Lowercase, DeviceSeparator: l.DeviceSeparator}
}
