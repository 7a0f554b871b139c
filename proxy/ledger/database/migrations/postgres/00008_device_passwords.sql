-- +goose Up

-- What the salts of all accounts are made from, those included that have no
-- password; one row, made here.
CREATE TABLE device_salt (
    key        BYTEA  NOT NULL,
    iterations BIGINT NOT NULL
);
INSERT INTO device_salt (key, iterations) VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'), 4096);

-- A device's own password, as a SCRAM-SHA-256 verifier; used_at is 0 for never.
-- Where it is readable, it is among the secrets too.
CREATE TABLE device_passwords (
    account    TEXT    NOT NULL,
    device     TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    stored_key BYTEA   NOT NULL,
    server_key BYTEA   NOT NULL,
    readable   BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (account, device)
);

-- +goose Down

DROP TABLE device_passwords;
DROP TABLE device_salt;
