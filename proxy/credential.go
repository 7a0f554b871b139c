package proxy

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// credential is what a device brings to show who it is. One field is set, and never
// may be set with it.
type credential struct {
	password configs.Secret // for whom the route says: the ledger, the upstream, or both
	bearer   configs.Secret // a token, for the upstream alone
	proof    *proof
	shown    *certificate
	never    error // why it can be nobody's, as it came; such a login is counted like any other
}

// proof is of a device password that has not crossed the wire itself.
type proof struct {
	password translate.DevicePassword
	err      error // why it proves nothing; nil: it does
}

func byPassword(password string) credential { return credential{password: configs.NewSecret(password)} }

// known is what a credential can be told from others by, so that a device that has
// logged in before is not locked out by others who fail; empty for a proof that has
// failed, which says nothing of the password, and for what can be nobody's.
func (c credential) known() configs.Secret {
	switch {
	case c.never != nil:
		return configs.Secret{}
	case !c.bearer.Empty():
		return c.bearer
	case c.shown != nil && c.shown.err == nil:
		return configs.NewSecret("shown " + c.shown.name)
	case c.proof != nil && c.proof.err == nil:
		return configs.NewSecret("proved " + string(c.proof.password.StoredKey[:]))
	}
	return c.password
}

// Why a credential lets nobody in; devices are told BadCredentials for each.
var (
	errEmptyPassword  = errors.New("the password is empty")
	errDevicePassword = errors.New("no device password of the account is that one")
	errNoPasswords    = errors.New(`the route takes nothing but an upstream password (login = "upstream")`)
	errBearer         = errors.New(`the route takes device passwords alone (login = "device"), and the device brought a token`)
)

// travel finds the way of a login on this session's listener.
func (s *session) travel(login translate.Login, moved string) (route.Target, error) {
	return route.Resolve(s.config.Config, route.Attempt{Login: login, Listener: s.listener.Name, Client: s.client, MovedTo: moved})
}

// onward is what the upstream is given to check; nothing where the device has
// shown who it is with a password of its own.
type onward struct{ password, bearer configs.Secret }

// admit holds a credential against what the route asks for. A device password
// names its device, since a scanner cannot always type one: then o goes on as if
// the login had named it.
func (s *session) admit(ctx context.Context, o *open, login translate.Login, c credential) (onward, error) {
	with, p, err := s.examine(ctx, o.LoginWith, o.Login, c)
	if err != nil || p == nil {
		return with, err
	}
	if c.proof != nil || p.Device != o.Device {
		if err := s.goOnAs(ctx, o, login, *p); err != nil {
			return onward{}, err
		}
	}
	return onward{}, s.server.backend.DevicePasswords.UsedDevicePassword(ctx, o.Account, *p)
}

// examine says what of a credential is left for the upstream to check, and which
// device password it was, if it was one. An unknown account, an unknown device and
// a wrong password take the same way and the same time.
func (s *session) examine(ctx context.Context, takes configs.LoginWith, login translate.Login, c credential) (onward, *translate.DevicePassword, error) {
	switch {
	case c.never != nil:
		return onward{}, nil, translate.BadCredentials(c.never)
	case !c.bearer.Empty() && takes == configs.LoginDevice:
		return onward{}, nil, translate.BadCredentials(errBearer)
	case !c.bearer.Empty():
		return onward{bearer: c.bearer}, nil, nil
	case c.proof == nil && c.shown == nil && c.password.Empty():
		return onward{}, nil, translate.BadCredentials(errEmptyPassword)
	case takes != configs.LoginUpstream:
	case c.proof != nil || c.shown != nil:
		return onward{}, nil, translate.BadCredentials(errNoPasswords)
	default:
		return onward{password: c.password}, nil, nil
	}
	if c.shown != nil {
		return onward{}, nil, c.shown.err
	}
	p, err := s.devicePassword(ctx, login, c)
	switch {
	case errors.Is(err, errDevicePassword) && takes == configs.LoginEither && c.proof == nil:
		return onward{password: c.password}, nil, nil
	case err != nil:
		return onward{}, nil, translate.Refuse(err)
	}
	return onward{}, &p, nil
}

// devicePassword gives the device password that a credential shows.
func (s *session) devicePassword(ctx context.Context, login translate.Login, c credential) (translate.DevicePassword, error) {
	if c.proof != nil {
		return c.proof.password, c.proof.err
	}
	none := translate.BadCredentials(errDevicePassword)
	typed, ok := translate.ReadDevicePassword(c.password.Reveal())
	if !ok || s.server.backend.DevicePasswords == nil {
		return translate.DevicePassword{}, none
	}
	keys, err := s.server.backend.DevicePasswords.Keyring(ctx, login.Account)
	if err != nil {
		return translate.DevicePassword{}, err
	}
	stored, err := s.server.known.storedKey(login.Account, typed, keys)
	if err != nil {
		return translate.DevicePassword{}, err
	}
	for _, p := range keys.For(login.Device) {
		if hmac.Equal(p.StoredKey[:], stored[:]) {
			s.server.known.keep(login.Account, typed, stored)
			return p, nil
		}
	}
	return translate.DevicePassword{}, none
}

// unguessable reports whether a credential is one that nobody finds by trying, and
// right: a device password or a certificate. Such a device is let in while others use
// up what may fail for its account, although it has not logged in since this process
// began. A login that is not served is looked at by some other's route.
func (s *session) unguessable(ctx context.Context, o open, login translate.Login, c credential, served bool) bool {
	takes := o.LoginWith
	if served {
		login = o.Login
	} else if r, ok := s.lookalike(login); ok {
		takes = r.Login
	}
	_, p, err := s.examine(ctx, takes, login, c)
	return served && err == nil && (p != nil || c.shown != nil)
}

// goOnAs goes on as the device whose password it was, by the route that is that
// device's. From when the session has the device's name a revocation ends it; what
// was revoked before is seen by looking again.
func (s *session) goOnAs(ctx context.Context, o *open, login translate.Login, p translate.DevicePassword) error {
	login.Device = p.Device
	way, err := s.travel(login, o.MovedTo)
	switch {
	case err != nil:
	case way.Device != p.Device:
		err = fmt.Errorf("its route makes it device %.128q (as_device)", way.Device)
	case way.LoginWith == configs.LoginUpstream:
		err = errNoPasswords
	}
	if err != nil {
		return translate.BadCredentials(fmt.Errorf("the password is that of device %.128q: %w", p.Device, err))
	}
	o.Target = way
	s.server.name(s, o.Target)
	keys, err := s.server.backend.DevicePasswords.Keyring(ctx, o.Account)
	if err != nil {
		return err
	}
	for _, still := range keys.For(p.Device) {
		if still.Verifier == p.Verifier {
			return nil
		}
	}
	return translate.BadCredentials(errors.New("the password was revoked while the device logged in"))
}
