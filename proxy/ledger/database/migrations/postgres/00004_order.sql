-- +goose Up

-- The places of messages on the server that an account has moved from, where that
-- is not the order of UIDs; chunk is UID / 128.
CREATE TABLE page_order (
    owner BIGINT NOT NULL REFERENCES pages ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BYTEA  NOT NULL,
    PRIMARY KEY (owner, chunk)
);

-- +goose Down

DROP TABLE page_order;
