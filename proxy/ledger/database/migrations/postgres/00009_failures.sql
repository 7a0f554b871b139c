-- +goose Up

-- Failed logins that the proxies of this ledger have counted together. A subject
-- is a hash of an address or of an account. Times are milliseconds of this
-- server's clock.
CREATE TABLE failures (
    subject BIGINT PRIMARY KEY,
    count   BIGINT NOT NULL,
    began   BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX failures_began ON failures (began);
CREATE INDEX failures_changed ON failures (changed);

-- +goose Down

DROP TABLE failures;
