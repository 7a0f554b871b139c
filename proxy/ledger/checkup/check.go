package checkup

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/transfer"
	"popbridge/translate"
)

// Options say what is tried, and how rows are read that other rooms write.
type Options struct {
	Database database.Options
	// Repair mends what can be mended.
	Repair bool
	// Progress hears of each table that is begun.
	Progress func(table string)

	Trials  []chunks.Trial
	Formats func(text string) ([]translate.Span, error)
	Intent  func(data []byte) (*translate.Intent, error)
	// Secret reports whether a secret can be decrypted, and whether its key is known.
	Secret func(kind, account, name, key string, data []byte) (whole, known bool)
}

// mostListed bounds the findings and notes of a Report; all are counted.
const mostListed = 1000

// mostAtOnce bounds the repairs of one call, which are kept in memory until every row was
// read.
const mostAtOnce = 100_000

// Finding is something that is not as it has to be.
type Finding struct {
	Table string `json:"table"`
	Row   string `json:"row"`          // its key
	Of    string `json:"of,omitempty"` // the account and maildrop, or the mailbox
	Text  string `json:"text"`
	// Cost is what a repair gives up; empty where there is no repair.
	Cost     string `json:"cost,omitempty"`
	Repaired bool   `json:"repaired"`
}

// Report is what was found.
type Report struct {
	Rows     int64     `json:"rows"`
	Found    int       `json:"found"`
	Repaired int       `json:"repaired"`
	Left     int       `json:"left"` // found and not repaired
	Findings []Finding `json:"findings"`
	// Notes are what an operator may want to know, and is no damage.
	Notes []string `json:"notes"`
	Noted int      `json:"noted"`
}

// Repairable is how many of the findings listed another call with Repair would mend.
func (r Report) Repairable() (n int) {
	for _, f := range r.Findings {
		if f.Cost != "" && !f.Repaired {
			n++
		}
	}
	return n
}

// statement is SQL that mends something.
type statement struct {
	text string
	args []any
}

// repair mends a finding.
type repair struct {
	finding    int // its place in the report; -1 where it is not listed
	statements []statement
}

// checkup is one at work.
type checkup struct {
	Options
	Report
	ctx     context.Context
	db      *database.DB
	trials  map[string]chunks.Trial
	repairs []repair
	untried int // secrets without a key
}

// Check tries a ledger. Its errors say that it could not be read to the end, or could not
// be repaired; what is wrong with rows is in the Report.
func Check(ctx context.Context, o Options) (r Report, err error) {
	c := &checkup{Options: o, ctx: ctx, trials: make(map[string]chunks.Trial), Report: Report{Findings: []Finding{}, Notes: []string{}}}
	for _, t := range o.Trials {
		c.trials[t.Table] = t
	}
	if o.Repair {
		c.db, err = transfer.OpenUnserved(ctx, "the ledger", "when it is repaired", o.Database)
	} else {
		c.db, err = database.Open(ctx, o.Database)
	}
	if err != nil {
		return c.Report, err
	}
	defer func() { err = errors.Join(c.db.Explain(err), c.db.Close()) }()
	for _, step := range []func() error{c.file, c.walk, c.listings, c.rules, c.numbers} {
		if err := step(); err != nil {
			return c.Report, err
		}
	}
	if o.Repair {
		err = c.mend()
	}
	c.Left = c.Found - c.Repaired
	return c.Report, err
}

// found adds a finding, with what mends it; nothing does where its Cost is empty.
func (c *checkup) found(f Finding, mend ...statement) {
	c.Found++
	at := -1
	if len(c.Findings) < mostListed {
		at = len(c.Findings)
		c.Findings = append(c.Findings, f)
	}
	if len(mend) > 0 && len(c.repairs) < mostAtOnce {
		c.repairs = append(c.repairs, repair{at, mend})
	}
}

func (c *checkup) note(format string, args ...any) {
	if c.Noted++; len(c.Notes) < mostListed {
		c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
	}
}

// repairsAtOnce is how many repairs share a transaction.
const repairsAtOnce = 500

// mend carries out the repairs, in the order in which they were found.
func (c *checkup) mend() error {
	for len(c.repairs) > 0 {
		some := c.repairs[:min(repairsAtOnce, len(c.repairs))]
		err := c.db.Update(c.ctx, func(tx database.Querier) error {
			for _, r := range some {
				for _, s := range r.statements {
					if err := tx.Exec(c.ctx, s.text, s.args...); err != nil {
						return fmt.Errorf("%s: %w", s.text, err)
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.repairs = c.repairs[len(some):]
		for _, r := range some {
			if c.Repaired++; r.finding >= 0 {
				c.Findings[r.finding].Repaired = true
			}
		}
	}
	return nil
}

// file has SQLite look through its own file: its pages, indexes and unique keys.
func (c *checkup) file() error {
	if c.db.Driver() != database.SQLite {
		return nil
	}
	whole := true
	err := c.db.View().Each(c.ctx, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil || text == "ok" {
			return err
		}
		whole = false
		c.found(Finding{Table: "the file", Text: "SQLite says: " + text})
		return nil
	}, "PRAGMA integrity_check")
	if !whole {
		c.note("the file itself is damaged, which a repair of rows does not mend: restore it from a backup, or write what can be read to a new one with sqlite3 state.db .recover")
	}
	return err
}
