-- +goose Up

-- Where accounts are served that an operator has moved, whatever the routes say;
-- an empty upstream is where the routes lead. A command that works on an account
-- is its worker until worker_until, which it puts off while it lives, and where
-- held is set nobody logs in until then. pending is what a worker has left undone.
CREATE TABLE moves (
    account      TEXT    PRIMARY KEY,
    upstream     TEXT    NOT NULL DEFAULT '',
    origin       TEXT    NOT NULL DEFAULT '',
    moved_at     BIGINT  NOT NULL DEFAULT 0,
    pending      TEXT    NOT NULL DEFAULT '',
    worker       TEXT    NOT NULL DEFAULT '',
    worker_until BIGINT  NOT NULL DEFAULT 0,
    held         BOOLEAN NOT NULL DEFAULT false
);

-- How many sessions of an account that is held or was moved a proxy still has; a
-- row is renewed while there are any, and means nothing when it was not.
CREATE TABLE sittings (
    account  TEXT   NOT NULL,
    proxy    TEXT   NOT NULL,
    sessions BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (account, proxy)
);

-- How far the migration of an account is: when a step was last done, and with what
-- result.
CREATE TABLE milestones (
    account TEXT    NOT NULL,
    step    TEXT    NOT NULL,
    at      BIGINT  NOT NULL,
    good    BOOLEAN NOT NULL,
    note    TEXT    NOT NULL,
    PRIMARY KEY (account, step)
);

-- +goose Down

DROP TABLE milestones;
DROP TABLE sittings;
DROP TABLE moves;
