package route

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"popbridge/configs"
	"popbridge/translate"
)

// Ask asks a directory; false: it has no answer.
type Ask func(context.Context, configs.Lookup, translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error)

// nobody matches no login.
var nobody = func() configs.Glob {
	g, err := configs.ParseGlob("")
	if err != nil {
		panic(err)
	}
	return g
}()

// Fill gives the configuration as it is for one login: in place of each route that
// asks a directory stands what its answer makes of it, and where there is no answer a
// route that matches nobody, so that routes keep their numbers. Directories are asked
// up to the first route that leaves nothing to those behind it. Where no route asks,
// it is the configuration itself. Its error is a Refusal: [SYS/TEMP] where a directory
// cannot be asked, [SYS/PERM] where its answer names what there is not.
func Fill(ctx context.Context, cfg *configs.Config, a Attempt, ask Ask) (*configs.Config, error) {
	routes := cfg.Routes()
	if !slices.ContainsFunc(routes, func(r configs.Route) bool { return r.Lookup != "" }) {
		return cfg, nil
	}
	filled := slices.Clone(routes)
	for i, r := range routes {
		if !r.User.Match(a.Account) {
			continue
		}
		if r.Lookup != "" {
			f, found, err := fill(ctx, cfg, r, a, ask)
			if err != nil {
				return nil, err
			}
			if !found {
				filled[i].User, filled[i].Lookup = nobody, ""
				continue
			}
			filled[i] = f
		}
		if ofEveryLogin(r) {
			break
		}
	}
	here := *cfg
	here.Route = filled
	return &here, nil
}

// fill asks the directory of one route. What the account alone would be told names its
// maildrop, see keyOf: a route whose answer depends on the device, the listener or the
// network is as one for that device, listener or network.
func fill(ctx context.Context, cfg *configs.Config, r configs.Route, a Attempt, ask Ask) (configs.Route, bool, error) {
	q := translate.DirectoryQuestion{Account: a.Account, Device: a.Device, Listener: a.Listener}
	if a.Client != (netip.Addr{}) {
		q.Client = a.Client.String()
	}
	filled, found, err := answered(ctx, cfg, r, q, ask)
	if alone := (translate.DirectoryQuestion{Account: a.Account}); err == nil && found && q != alone {
		var own configs.Route
		if own, found, err = answered(ctx, cfg, r, alone, ask); !found {
			own.User = nobody
		}
		filled.Alone, found = &own, true
	}
	return filled, found, err
}

func answered(ctx context.Context, cfg *configs.Config, r configs.Route, q translate.DirectoryQuestion, ask Ask) (configs.Route, bool, error) {
	answer, found, err := ask(ctx, cfg.Lookup[r.Lookup], q)
	if err != nil {
		return r, false, translate.Temporary(fmt.Errorf("lookup %q: %w", r.Lookup, err))
	}
	if !found {
		return r, false, nil
	}
	if err := apply(cfg, &r, answer); err != nil {
		return r, false, translate.Permanent(fmt.Errorf("lookup %q answers for account %q: %w", r.Lookup, q.Account, err))
	}
	return r, true, nil
}

// apply fills what a route leaves open: what it says itself holds.
func apply(cfg *configs.Config, r *configs.Route, answer translate.DirectoryAnswer) error {
	if answer.Action != "" && r.Action == configs.ActionServe {
		if err := r.Action.UnmarshalText([]byte(answer.Action)); err != nil {
			return fmt.Errorf("action: %w", err)
		}
	}
	if answer.Login != "" && r.Login == configs.LoginUpstream {
		if err := r.Login.UnmarshalText([]byte(answer.Login)); err != nil {
			return fmt.Errorf("login: %w", err)
		}
	}
	fillOpen(&r.Upstream, answer.Upstream, "")
	fillOpen(&r.Account, answer.Account, "")
	fillOpen(&r.Maildrop, answer.Maildrop, configs.DefaultMaildrop)
	r.Host = answer.Host
	if r.Action == configs.ActionRefuse {
		return nil
	}
	if _, ok := cfg.Upstream[r.Upstream]; !ok {
		return fmt.Errorf("upstream %q is not in the configuration, which has %v", r.Upstream, slices.Sorted(maps.Keys(cfg.Upstream)))
	}
	if _, ok := cfg.Maildrop[r.Maildrop]; !ok {
		return fmt.Errorf("maildrop %q is not in the configuration, which has %v", r.Maildrop, slices.Sorted(maps.Keys(cfg.Maildrop)))
	}
	if r.Host != "" {
		if err := configs.CheckHost(r.Host); err != nil {
			return fmt.Errorf("host: %w", err)
		}
	}
	return nil
}

func fillOpen(value *string, answer, open string) {
	if *value == open && answer != "" {
		*value = answer
	}
}
