package login

import (
	"context"
	"crypto/hmac"
	"errors"
	"slices"

	"popbridge/configs"
	"popbridge/proxy/limiter"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// distinctive is what a credential can be told from others by, so that a device
// that has logged in before is not locked out by others who fail; empty for a proof
// that has failed, which says nothing of the password, and for what can be nobody's.
func distinctive(c sasl.Credential) configs.Secret {
	switch {
	case c.Never != nil:
		return configs.Secret{}
	case !c.Bearer.Empty():
		return c.Bearer
	case c.Proof == nil:
		return c.Password
	case c.Proof.Err != nil:
		return configs.Secret{}
	case c.Certified != nil:
		return configs.NewSecret("certified " + c.Certified[0])
	}
	return configs.NewSecret("proved " + string(c.Proof.Password.StoredKey[:]))
}

// prove finds out what a device has shown without sending a password.
func (a *attempt) prove(ctx context.Context) {
	c := &a.credential
	switch {
	case c.Digest != nil && a.limiter.Spent(a.limits(), a.Client):
		c.Proof = &sasl.Proof{Err: translate.Temporary(limiter.ErrAddressLimit)} // Begin will say so, without a look
	case c.Digest != nil:
		c.Proof = new(sasl.Proof)
		c.Proof.Password, c.Proof.Err = a.compareDigest(ctx)
	case c.Certified != nil:
		c.Proof = &sasl.Proof{Err: a.certified()}
	}
}

// certified reports whether the certificate is good for the login's account, and
// where it names a device for that device.
func (a *attempt) certified() error {
	rules := a.Config.Login.Rules()
	if slices.ContainsFunc(a.credential.Certified, func(name string) bool {
		own, err := rules.Parse(name)
		return err == nil && own.Account == a.login.Account && (own.Device == "" || own.Device == a.login.Device)
	}) {
		return nil
	}
	return translate.BadCredentials(errCertificate)
}

var errDigest = errors.New("it matches no device password of the account that was made with --apop")

// compareDigest finds the readable device password with the digest that came.
func (a *attempt) compareDigest(ctx context.Context) (found translate.DevicePassword, err error) {
	keys, err := a.backend.DevicePasswords.Keyring(ctx, a.login.Account)
	if err != nil {
		return found, err
	}
	readable, err := a.backend.DevicePasswords.ReadableDevicePasswords(ctx, a.login.Account)
	if err != nil {
		return found, err
	}
	matches := func(p translate.DevicePassword) bool {
		password, ok := readable[p.Device]
		return ok && a.credential.Digest.Matches(password)
	}
	for _, p := range keys.For(a.login.Device) {
		if matches(p) {
			return p, nil
		}
	}
	if why := sasl.NoDevicePassword(keys, a.login.Device, matches); why != sasl.ErrDevicePassword {
		return found, translate.BadCredentials(why)
	}
	return found, translate.BadCredentials(errDigest)
}

// devicePassword gives the device password that a credential shows.
func (a *attempt) devicePassword(ctx context.Context, login translate.Login) (translate.DevicePassword, error) {
	if proof := a.credential.Proof; proof != nil {
		return proof.Password, proof.Err
	}
	none := translate.BadCredentials(sasl.ErrDevicePassword)
	typed, ok := translate.ReadDevicePassword(a.credential.Password.Reveal())
	if !ok || a.backend.DevicePasswords == nil {
		return translate.DevicePassword{}, none
	}
	account := login.Account
	keys, err := a.backend.DevicePasswords.Keyring(ctx, account)
	if err != nil {
		return translate.DevicePassword{}, err
	}
	stored, err := a.derived.storedKey(account, typed, keys)
	if err != nil {
		return translate.DevicePassword{}, err
	}
	matches := func(p translate.DevicePassword) bool { return hmac.Equal(p.StoredKey[:], stored[:]) }
	for _, p := range keys.For(login.Device) {
		if matches(p) {
			a.derived.keep(account, typed, stored)
			return p, nil
		}
	}
	return translate.DevicePassword{}, translate.BadCredentials(sasl.NoDevicePassword(keys, login.Device, matches))
}

// strong reports whether a credential is one that nobody finds by trying, and
// right: a device password or a certificate. Such a device is let in while others
// use up what may fail for its account, although it has not logged in since this
// process began. A login that is not served is looked at by some other's route.
func (a *attempt) strong(ctx context.Context, served bool) bool {
	takes, login := a.target.LoginWith, a.login
	if served {
		login = a.target.Login
	} else if r, ok := a.lookalike(); ok {
		takes = r.Login
	}
	_, p, err := a.examine(ctx, takes, login)
	return served && err == nil && (p != nil || a.credential.Certified != nil)
}
