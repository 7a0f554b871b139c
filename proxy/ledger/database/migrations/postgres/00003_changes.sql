-- +goose Up

-- What commands have changed that running proxies must act on. The newest
-- generation is the counter of that kind, so that a proxy reads one row to learn
-- that nothing has happened.
CREATE TABLE changes (
    generation BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    account    TEXT   NOT NULL,
    device     TEXT   NOT NULL
);

-- +goose Down

DROP TABLE changes;
