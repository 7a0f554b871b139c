package setup

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"popbridge/configs"
)

// Resume takes the answers from a configuration that is there. Answers that were given
// anew must not contradict it: it is not overwritten. The provider is such an answer
// where it was chosen.
func (a *Answers) Resume(path string, c *configs.Config, chosen bool) error {
	if len(c.Upstream) != 1 {
		return fmt.Errorf("%s has %d upstreams; init can only continue with a single one. To check the file: popbridge check --connect; to add a device: popbridge account device add", path, len(c.Upstream))
	}
	var u configs.Upstream
	for _, u = range c.Upstream {
	}
	var wrong []error
	differs := func(flag, given, there string) {
		if given != "" && given != there {
			wrong = append(wrong, fmt.Errorf("--%s %s: %s has %s and is not overwritten; change it there, or leave the flag out", flag, given, path, there))
		}
	}
	if host, _, err := net.SplitHostPort(u.Address); a.Address != host || err != nil {
		differs("address", a.Address, u.Address)
	}
	differs("tenant", a.Tenant, u.OAuth2.Tenant)
	differs("client-id", a.ClientID, u.OAuth2.ClientID)
	if a.Sends && !c.Sends() {
		wrong = append(wrong, fmt.Errorf("--sending: %s has no listener with protocol: smtp and is not overwritten; add one as in docs/sending.md, or leave the flag out", path))
	}
	if chosen {
		differs("provider", a.Provider.String(), u.Provider.String())
	}
	a.Provider, a.Address, a.TLS = u.Provider, u.Address, u.TLS
	a.Tenant, a.ClientID, a.Flow = u.OAuth2.Tenant, u.OAuth2.ClientID, u.OAuth2.Flow
	a.Certificate, a.Key = u.OAuth2.ClientCertificate, u.OAuth2.ClientKey
	for _, r := range c.Route {
		if domain, ok := strings.CutPrefix(r.User.String(), "*@"); ok && a.Domain == "" && a.Account == "" {
			a.Domain = domain
		}
	}
	return errors.Join(wrong...)
}
