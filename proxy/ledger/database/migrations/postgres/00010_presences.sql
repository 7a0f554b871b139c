-- +goose Up

-- Who is logged in is in no table: a command asks, and each running proxy answers
-- with a row, in JSON. A question is removed with its answers when the command has
-- read them; at is in milliseconds of this server's clock.
CREATE TABLE questions (
    id TEXT   PRIMARY KEY,
    at BIGINT NOT NULL
);

CREATE TABLE presences (
    question TEXT NOT NULL REFERENCES questions ON DELETE CASCADE,
    proxy    TEXT NOT NULL,
    data     BYTEA NOT NULL,
    PRIMARY KEY (question, proxy)
);

-- The question that a change asks; empty for a change that is none.
ALTER TABLE changes ADD COLUMN question TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE changes DROP COLUMN question;
DROP TABLE presences;
DROP TABLE questions;
