package ledger

import (
	"context"

	"popbridge/proxy/ledger/checkup"
	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/proxy/ledger/secrets"
	"popbridge/translate"
)

// Check reads every row of a ledger, and tries what has to be true of them. With repair
// it mends what can be mended, for which nobody may serve the ledger; without, it changes
// nothing. Secrets are tried as far as o has their keys. progress hears of each table
// that is begun.
func Check(ctx context.Context, o Options, repair bool, progress func(table string)) (checkup.Report, error) {
	keys, err := secrets.NewKeyring(o.Keys)
	if err != nil {
		return checkup.Report{}, err
	}
	return checkup.Check(ctx, checkup.Options{
		Database: database.Options{Driver: o.Driver, Source: o.Source, Log: o.Log},
		Repair:   repair,
		Progress: progress,
		Trials:   append(mailboxes.Trials(), pinTable.Trial(), orderTable.Trial(), identityTable.Trial()),
		Formats:  decodeFormats,
		Intent: func(data []byte) (*translate.Intent, error) {
			data, err := chunks.Verified(data)
			if err != nil {
				return nil, err
			}
			return decodeIntent(data)
		},
		Secret: keys.Opens,
	})
}
