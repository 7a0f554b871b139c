-- +goose Up

-- The password of a device that was revoked last, so that the log can say so of a
-- device that still has it. It lets nobody in.
CREATE TABLE revoked_passwords (
    account    TEXT   NOT NULL,
    device     TEXT   NOT NULL,
    stored_key BLOB   NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (account, device)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE revoked_passwords;
