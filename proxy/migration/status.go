package migration

import (
	"slices"

	"popbridge/configs"
)

// OldUpstreams names the upstreams that accounts are migrated away from, in order:
// the old POP3 servers.
func OldUpstreams(cfg *configs.Config) (names []string) {
	for name, u := range cfg.Upstream {
		if u.Protocol == configs.ProtocolPOP3 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
