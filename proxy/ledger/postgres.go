package ledger

import (
	"context"
	"errors"
)

func (s *Store) openPostgres(ctx context.Context, o Options) error { return errors.New("not yet") }
