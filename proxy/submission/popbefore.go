package submission

import (
	"popbridge/translate"
)

// openedByPOP logs the device in by what it has shown at a POP3 listener a moment ago
// (listener.pop_before_smtp), all the same as if it had shown it here. Where several
// accounts have logged in from its address the sender tells which is meant.
func (s *Session) openedByPOP(from string) bool {
	c, ok := s.Opened(func(account string) bool {
		return translate.Sender{Rules: s.Config.Login.Rules(), Account: account}.Owns(from)
	})
	if !ok || s.logIn(c) != nil {
		return false
	}
	s.Log.Info("the device may send by its login at a POP3 listener (pop_before_smtp)")
	return true
}
