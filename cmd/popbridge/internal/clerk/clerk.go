package clerk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/upstream/imapbox"
)

// Clerk is a desk.Desk. It may be used by any number of goroutines.
type Clerk struct {
	// Config is the configuration that is in force.
	Config func() *configs.Config
	// RoutesOf is Config with an account's routes as its directories fill them in.
	RoutesOf func(ctx context.Context, account string) (*configs.Config, error)
	Store    *ledger.Store
	// Pool opens mailboxes as the service does.
	Pool func() (p *imapbox.Pool, done func())
	// Here is the service whose process this is; nil in a command's.
	Here Here
}

// Here is a service's own side.
type Here interface {
	// Name tells it from others that share the ledger.
	Name() string
	Present(account string) []backend.SessionInfo
	// Apply does here what an event asks of every proxy.
	Apply(events.Event)
	Troubles(whom string, limit int) []backend.Trouble
}

func invalid(err error) error { return &desk.Fault{Kind: desk.Invalid, Err: err} }

// unknown makes a Fault of what the ledger does not know.
func unknown(err error) error {
	if errors.Is(err, ledger.ErrUnknown) {
		return &desk.Fault{Kind: desk.Unknown, Err: err}
	}
	return err
}

// AccountName reads an account as a login is read, so that case and a default domain do
// not matter. A device in it is a mistake: it would be left out silently.
func (c *Clerk) AccountName(name string) (string, error) {
	login, err := c.Config().Login.Rules().Parse(name)
	if err != nil {
		return "", invalid(fmt.Errorf("%q: %w", name, err))
	}
	if login.Device != "" {
		return "", invalid(fmt.Errorf("%q names device %q of account %q; give the account alone", name, login.Device, login.Account))
	}
	return login.Account, nil
}

// deviceName reads a device's name as a login would bring it, and refuses one that no
// login can bring.
func (c *Clerk) deviceName(accountName, deviceName string) (account, device string, err error) {
	if account, err = c.AccountName(accountName); err != nil {
		return "", "", err
	}
	rules := c.Config().Login.Rules()
	if rules.DeviceSeparator == "" {
		return "", "", invalid(fmt.Errorf("login.device_separator is empty, so no login names a device; set it, such as %q", "+"))
	}
	local, domain, hasDomain := cutDomain(account)
	name := local + rules.DeviceSeparator + deviceName
	if hasDomain {
		name += "@" + domain
	}
	wanted := deviceName
	if rules.Lowercase {
		wanted = strings.ToLower(deviceName)
	}
	login, err := rules.Parse(name)
	if err == nil && (login.Account != account || wanted == "" || login.Device != wanted) {
		err = fmt.Errorf("no login can name it: %q would be device %q of account %q", name, login.Device, login.Account)
	}
	if err != nil {
		return "", "", invalid(fmt.Errorf("device %q: %w", deviceName, err))
	}
	return account, login.Device, nil
}

// DeviceWithPassword is deviceName for one whose password names it: where logins name
// none, any name will do that a login name could hold.
func (c *Clerk) DeviceWithPassword(accountName, deviceName string) (account, device string, err error) {
	rules := c.Config().Login.Rules()
	if rules.DeviceSeparator != "" {
		return c.deviceName(accountName, deviceName)
	}
	if account, err = c.AccountName(accountName); err != nil {
		return "", "", err
	}
	login, err := rules.Parse(deviceName)
	if err == nil && strings.Contains(deviceName, "@") {
		err = errors.New("a device's name cannot contain @")
	}
	if err != nil {
		return "", "", invalid(fmt.Errorf("device %q: %w", deviceName, err))
	}
	device, _, _ = cutDomain(login.Account) // without login.default_domain
	return account, device, nil
}

func cutDomain(account string) (local, domain string, found bool) {
	if i := strings.LastIndexByte(account, '@'); i >= 0 {
		return account[:i], account[i+1:], true
	}
	return account, "", false
}

// hasLoggedIn reports whether a device is one that the account's logins have named.
func hasLoggedIn(a ledger.AccountDetails, device string) bool {
	for _, p := range a.Pages {
		for _, d := range p.Devices {
			if strings.EqualFold(d.Name, device) {
				return true
			}
		}
	}
	return false
}
