-- Devices that are expected to log in. asked is what an operator wants of this device, in
-- milliseconds (0: nothing, -1: what its habit tells), NULL where nothing was said; route
-- is what the route of its last login wants, and upstream where that led. A device is
-- overdue from due on (0: never) and is known to be since overdue_at (0: it is not).

-- +goose Up

CREATE TABLE watches (
    account    TEXT   NOT NULL,
    device     TEXT   NOT NULL,
    asked      BIGINT,
    route      BIGINT NOT NULL DEFAULT 0,
    upstream   TEXT   NOT NULL DEFAULT '',
    began      BIGINT NOT NULL,
    last_login BIGINT NOT NULL DEFAULT 0,
    habit      TEXT   NOT NULL DEFAULT '',
    due        BIGINT NOT NULL DEFAULT 0,
    overdue_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account, device)
);
CREATE INDEX watches_due ON watches (due) WHERE due > 0 AND overdue_at = 0;
CREATE INDEX watches_overdue ON watches (overdue_at) WHERE overdue_at > 0;

-- When somebody last looked for overdue devices, and since when that, or an upstream, is
-- there again: nobody is overdue because nobody could log in. subject is 'service', or
-- 'upstream ' with a name.
CREATE TABLE watch_marks (
    subject TEXT   PRIMARY KEY,
    seen_at BIGINT NOT NULL DEFAULT 0,
    back_at BIGINT NOT NULL DEFAULT 0
);

-- Upstreams that a proxy cannot reach; seen_at is when it last said so.
CREATE TABLE upstreams_away (
    upstream   TEXT   NOT NULL,
    proxy      TEXT   NOT NULL,
    away_since BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (upstream, proxy)
);

-- +goose Down

DROP TABLE upstreams_away;
DROP TABLE watch_marks;
DROP TABLE watches;
