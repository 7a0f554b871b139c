package door

import (
	"context"
	"fmt"
	"slices"

	"popbridge/configs"
	"popbridge/proxy/login"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// RefuseUnknown refuses a login of a device that no operator has named, where only such
// devices may log in (login.devices), as a maildrop does. A device that a route names
// is known.
func (e *Env) RefuseUnknown(ctx context.Context, t route.Target) error {
	if e.Config.Login.Devices != configs.DevicesKnown || t.Device == "" || t.NamesDevice || e.Backend.Devices == nil {
		return nil
	}
	known, err := e.Backend.Devices(ctx, t.Account)
	if err == nil && !slices.Contains(known, t.Device) {
		err = translate.BadCredentials(fmt.Errorf(`device %.128q is not known; login.devices is "known": add it with popbridge account device add`, t.Device))
	}
	if err != nil {
		return &login.Failure{Target: t, Err: err}
	}
	return nil
}
