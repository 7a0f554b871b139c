-- +goose Up

-- How many messages of the maildrop the device was not shown at its last login, by why, in
-- JSON; empty: none, or nobody has counted yet. It stands with the maildrop's own page.
ALTER TABLE page_devices ADD COLUMN left_out TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE page_devices DROP COLUMN left_out;
