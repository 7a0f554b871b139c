-- What operators are to be told, a row for each kind of news about one subject. pending: it
-- was not delivered yet; times how often it has happened since the last delivery, the first
-- time at first_at. Who delivers it claims it until claimed_until, and where that fails it
-- is tried again at next_at.

-- +goose Up

CREATE TABLE notices (
    kind          TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    data          TEXT    NOT NULL,
    pending       BOOLEAN NOT NULL,
    times         BIGINT  NOT NULL,
    first_at      BIGINT  NOT NULL,
    at            BIGINT  NOT NULL,
    next_at       BIGINT  NOT NULL,
    sent_at       BIGINT  NOT NULL DEFAULT 0,
    tries         BIGINT  NOT NULL DEFAULT 0,
    claim         TEXT    NOT NULL DEFAULT '',
    claimed_until BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, subject)
) WITHOUT ROWID;
CREATE INDEX notices_pending ON notices (next_at) WHERE pending;

-- Whether operators were told that an upstream is away.
ALTER TABLE upstreams_away ADD COLUMN told BOOLEAN NOT NULL DEFAULT false;

-- +goose Down

ALTER TABLE upstreams_away DROP COLUMN told;
DROP TABLE notices;
