-- Accounts in the order of their octets, whatever the database's own order is: lists go
-- on behind a name, and look for names that begin with something.

-- +goose Up

CREATE INDEX pages_account ON pages (account COLLATE "C");

-- +goose Down

DROP INDEX pages_account;
