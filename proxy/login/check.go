package login

import (
	"context"
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/sasl"
	"popbridge/translate"
)

// Why a credential lets nobody in; devices are told BadCredentials for each.
var (
	errEmptyPassword = errors.New("the password is empty")
	errNoPasswords   = errors.New(`the route accepts only upstream passwords (login = "upstream")`)
	errBearer        = errors.New(`the route accepts only device passwords (login = "device"), but the device sent a token`)
	errCertificate   = errors.New("the device's certificate is not valid for this account")
)

// upstreamCredential is what the upstream is given to check; nothing where the
// device has shown who it is with a password of its own.
type upstreamCredential struct {
	password, bearer configs.Secret
	known            error // why it lets nobody in as a device password, where it was one
}

// check holds a credential against what the route asks for. A device password
// names its device, since a scanner cannot always type one: then the login goes on
// as if it had named it.
func (a *attempt) check(ctx context.Context) (upstreamCredential, error) {
	with, p, err := a.examine(ctx, a.target.LoginWith, a.target.Login)
	if err != nil || p == nil {
		return with, err
	}
	if a.credential.Proof != nil || p.Device != a.target.Device {
		if err := a.becomeDevice(ctx, *p); err != nil {
			return upstreamCredential{}, err
		}
	}
	return upstreamCredential{}, a.backend.DevicePasswords.UsedDevicePassword(ctx, a.target.Login.Account, *p)
}

// examine says what of a credential is left for the upstream to check, and which
// device password it was, if it was one. An unknown account, an unknown device and
// a wrong password take the same way and the same time.
func (a *attempt) examine(ctx context.Context, takes configs.LoginWith, login translate.Login) (upstreamCredential, *translate.DevicePassword, error) {
	c, none := a.credential, upstreamCredential{}
	switch {
	case c.Never != nil:
		return none, nil, translate.BadCredentials(c.Never)
	case !c.Bearer.Empty() && takes == configs.LoginDevice:
		return none, nil, translate.BadCredentials(errBearer)
	case !c.Bearer.Empty():
		return upstreamCredential{bearer: c.Bearer}, nil, nil
	case c.Proof == nil && c.Password.Empty():
		return none, nil, translate.BadCredentials(errEmptyPassword)
	case c.Proof != nil && takes == configs.LoginUpstream:
		return none, nil, translate.BadCredentials(errNoPasswords)
	case takes == configs.LoginUpstream:
		return upstreamCredential{password: c.Password}, nil, nil
	case c.Certified != nil:
		return none, nil, c.Proof.Err
	}
	p, err := a.devicePassword(ctx, login)
	switch {
	case errors.Is(err, sasl.ErrDevicePassword) && takes == configs.LoginEither && c.Proof == nil:
		with := upstreamCredential{password: c.Password}
		if errors.Is(err, sasl.ErrKnownPassword) {
			with.known = translate.Cause(err)
		}
		return with, nil, nil
	case err != nil:
		return none, nil, translate.Refuse(err)
	}
	return none, &p, nil
}

// tellKnown adds to the error of an upstream that has refused a password what is known
// of it as a device password: whoever reads the log looks no further.
func (u upstreamCredential) tellKnown(err error) error {
	if err == nil || u.known == nil {
		return err
	}
	refusal := *translate.Refuse(err)
	if refusal.Code == translate.CodeAuth {
		refusal.Err = fmt.Errorf("%w; %w", translate.Cause(err), u.known)
	}
	return &refusal
}

// becomeDevice goes on as the device whose password it was, by the route that is
// that device's. From when the session has the device's name a revocation ends it;
// what was revoked before is seen by looking again.
func (a *attempt) becomeDevice(ctx context.Context, p translate.DevicePassword) error {
	login := a.login
	login.Device = p.Device
	target, err := a.resolve(ctx, login, a.target.MovedTo)
	switch {
	case err != nil:
	case target.Device != p.Device:
		err = fmt.Errorf("its route makes it device %.128q (as_device)", target.Device)
	case target.LoginWith == configs.LoginUpstream:
		err = errNoPasswords
	}
	if err != nil {
		return translate.BadCredentials(fmt.Errorf("the password is that of device %.128q: %w", p.Device, err))
	}
	a.target = target
	a.Named(target)
	keys, err := a.backend.DevicePasswords.Keyring(ctx, login.Account)
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
