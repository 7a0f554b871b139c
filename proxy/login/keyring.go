package login

import (
	"context"
	"time"

	"popbridge/proxy/limiter"
	"popbridge/translate"
)

// Keyring gives what SCRAM challenges a device with, by the name that it has given;
// nil where no device has a password of its own. An unknown account has a salt like
// a known one. bound bounds each question to the ledger.
func (l *Logins) Keyring(d Door, bound func() (context.Context, context.CancelFunc)) func(name string) (translate.Keyring, translate.Login, error) {
	if l.backend.DevicePasswords == nil {
		return nil
	}
	return func(name string) (keys translate.Keyring, login translate.Login, err error) {
		if login, err = d.Config.Login.Rules().Parse(name); err != nil {
			return keys, login, translate.BadCredentials(err)
		}
		if l.limiter.Spent(limiter.For(d.Config.Limits, d.Client), d.Client) {
			return keys, login, translate.Temporary(limiter.ErrAddressLimit) // LogIn will say so, without a look
		}
		ctx, cancel := bound()
		defer cancel()
		keys, err = l.backend.DevicePasswords.Keyring(ctx, login.Account)
		return keys, login, err
	}
}

// BrokenOff counts an exchange that the device began and did not end, against its
// address: it has cost a look into the ledger, and whoever asks on has no other end in
// mind. It gives how long the answer is held back.
func (l *Logins) BrokenOff(d Door) time.Duration {
	return l.limiter.Fail(limiter.For(d.Config.Limits, d.Client), d.Client)
}
