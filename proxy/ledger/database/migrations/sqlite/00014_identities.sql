-- +goose Up

-- What the messages of a page are recognised by in another mailbox of its maildrop, where
-- that shows several; chunk is UID / 128.
CREATE TABLE page_identities (
    owner BIGINT NOT NULL REFERENCES pages ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BLOB NOT NULL,
    PRIMARY KEY (owner, chunk)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE page_identities;
