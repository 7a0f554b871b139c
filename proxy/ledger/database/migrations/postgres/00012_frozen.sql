-- +goose Up

-- Why an account's maildrop is not served for now, and since when in milliseconds
-- since 1970: the mailbox has frozen_validity, and its messages cannot be told from
-- those that devices know. Empty: it is served.
ALTER TABLE pages ADD COLUMN frozen TEXT NOT NULL DEFAULT '';
ALTER TABLE pages ADD COLUMN frozen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pages ADD COLUMN frozen_validity BIGINT NOT NULL DEFAULT 0;

-- +goose Down

ALTER TABLE pages DROP COLUMN frozen_validity;
ALTER TABLE pages DROP COLUMN frozen_at;
ALTER TABLE pages DROP COLUMN frozen;
