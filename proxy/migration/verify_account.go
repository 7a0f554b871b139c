package migration

import (
	"context"
	"errors"

	"popbridge/proxy/ledger/progress"
)

// VerifiedAccount is what is said of one account. Messages are named by their
// unique-ids on the old server.
type VerifiedAccount struct {
	Account    string            `json:"account"`
	Ready      bool              `json:"ready"`
	Verdict    string            `json:"verdict"`
	Old        int               `json:"old"`
	New        int               `json:"new"`
	Hashes     bool              `json:"hashes"`
	Unmatched  []string          `json:"unmatched,omitempty"`
	StruckOut  []string          `json:"struck_out,omitempty"`
	OtherIDs   map[string]string `json:"other_unique_ids,omitempty"`
	OutOfOrder []string          `json:"out_of_order,omitempty"`
	Altered    []string          `json:"other_content,omitempty"`
	Resized    []string          `json:"other_octets,omitempty"`
	Added      []string          `json:"new_messages,omitempty"`
	Deleted    []string          `json:"deleted_on_old,omitempty"`
	Error      string            `json:"error,omitempty"`
}

// VerifyAccount verifies an account and notes the verdict. An account that is not
// ready is an error too.
func (s *Site) VerifyAccount(ctx context.Context, from, to string, a Account, hashes bool) (VerifiedAccount, error) {
	v, err := s.Verify(ctx, from, to, a, hashes)
	if err != nil {
		return VerifiedAccount{Account: a.Name, Error: causeText(err)}, errors.Join(err, s.fail(ctx, a.Name, progress.Verified, err))
	}
	said := verified(a.Name, v)
	if err := s.reach(ctx, a.Name, progress.Verified, said.Ready, said.Verdict); err != nil {
		return said, err
	}
	if !said.Ready {
		return said, errors.New(said.Verdict)
	}
	return said, nil
}

func verified(account string, v Verified) VerifiedAccount {
	said := VerifiedAccount{
		Account: account, Ready: v.Ready(), Verdict: v.Verdict(), Old: v.Old, New: v.New, Hashes: v.Hashes,
		Unmatched: v.Unmatched, StruckOut: v.StruckOut, OutOfOrder: v.Shifted, Altered: v.Altered, Resized: v.Resized, Added: v.Added, Deleted: v.Deleted,
	}
	if len(v.Renamed) > 0 {
		said.OtherIDs = make(map[string]string, len(v.Renamed))
		for _, id := range v.Renamed {
			said.OtherIDs[id.Old] = id.New
		}
	}
	return said
}
