-- The few accounts that are not served because of their mailbox are counted each time that
-- metrics are read, however many accounts there are.

-- +goose Up

CREATE INDEX pages_frozen ON pages (frozen, account) WHERE frozen <> '';

-- +goose Down

DROP INDEX pages_frozen;
