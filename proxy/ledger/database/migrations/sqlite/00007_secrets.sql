-- +goose Up

-- Secrets that popbridge has to be able to read again, each encrypted with the
-- key that key_id names; without that key data tells nothing but its length.
CREATE TABLE secrets (
    kind       TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,
    data       BLOB   NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, account, name)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE secrets;
