-- What popbridge remembers. Times are milliseconds since 1970, UTC. Sets of
-- messages are encoded, not a row for each message.

-- +goose Up

-- A mailbox upstream; uidvalidity is the one that it was last listed with.
CREATE TABLE mailboxes (
    id          BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upstream    TEXT    NOT NULL,
    login       TEXT    NOT NULL,
    mailbox     TEXT    NOT NULL,
    uidvalidity BIGINT  NOT NULL DEFAULT 0,
    mismatches  BIGINT  NOT NULL DEFAULT 0,
    UNIQUE (upstream, login, mailbox)
);

-- What a mailbox held under one UIDVALIDITY. A new revision says that entries
-- have changed, a new keys_revision that content keys have.
CREATE TABLE snapshots (
    id            BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mailbox_id    BIGINT NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    uidvalidity   BIGINT NOT NULL,
    uidnext       BIGINT NOT NULL,
    modseq        BIGINT NOT NULL,
    messages      BIGINT NOT NULL,
    octets        BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    keys_revision BIGINT NOT NULL DEFAULT 0,
    UNIQUE (mailbox_id, uidvalidity)
);

-- The snapshot's messages in pieces; chunk is the first UID that a piece may
-- hold.
CREATE TABLE snapshot_entries (
    owner BIGINT NOT NULL REFERENCES snapshots ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BYTEA NOT NULL,
    PRIMARY KEY (owner, chunk)
);

-- The content keys of its messages; chunk is UID / 128.
CREATE TABLE snapshot_keys (
    owner BIGINT NOT NULL REFERENCES snapshots ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BYTEA NOT NULL,
    PRIMARY KEY (owner, chunk)
);

-- An account and its maildrop. What belongs to it holds for the UIDs of
-- (mailbox_id, uidvalidity), which it was last served with.
CREATE TABLE pages (
    id             BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account        TEXT    NOT NULL,
    maildrop       TEXT    NOT NULL,
    mailbox_id     BIGINT  REFERENCES mailboxes,
    uidvalidity    BIGINT  NOT NULL DEFAULT 0,
    formats        TEXT    NOT NULL DEFAULT '',
    revision       BIGINT  NOT NULL DEFAULT 0,
    accept_new_ids BOOLEAN NOT NULL DEFAULT false,
    UNIQUE (account, maildrop)
);
CREATE INDEX pages_mailbox ON pages (mailbox_id);

-- Unique-ids that cannot be computed again; chunk is UID / 128.
CREATE TABLE page_pins (
    owner BIGINT NOT NULL REFERENCES pages ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BYTEA NOT NULL,
    PRIMARY KEY (owner, chunk)
);

-- A device that has logged in, and the messages that it has put away.
CREATE TABLE page_devices (
    page_id     BIGINT NOT NULL REFERENCES pages ON DELETE CASCADE,
    device      TEXT   NOT NULL,
    first_login BIGINT NOT NULL,
    last_login  BIGINT NOT NULL,
    hidden      BYTEA,
    revision    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (page_id, device)
);

-- A device that an operator has added, whether it has logged in or not.
CREATE TABLE known_devices (
    account  TEXT   NOT NULL,
    device   TEXT   NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (account, device)
);

-- A plan that is being carried out by a session, or that a crash interrupted.
CREATE TABLE intents (
    id              BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id         BIGINT NOT NULL REFERENCES pages ON DELETE CASCADE,
    mailbox_id      BIGINT NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    uidvalidity     BIGINT NOT NULL,
    device          TEXT NOT NULL,
    owner           TEXT NOT NULL,
    fence           BIGINT NOT NULL,
    data            BYTEA NOT NULL,
    UNIQUE (page_id, owner, fence)
);

-- The journal: what became of the messages that devices have marked.
CREATE TABLE deletions (
    id              BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id         BIGINT NOT NULL REFERENCES pages ON DELETE CASCADE,
    mailbox_id      BIGINT REFERENCES mailboxes ON DELETE SET NULL,
    at              BIGINT NOT NULL,
    device          TEXT NOT NULL,
    client          TEXT NOT NULL,
    uidvalidity     BIGINT NOT NULL,
    uid             BIGINT NOT NULL,
    unique_id       TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    octets          BIGINT NOT NULL,
    action          TEXT NOT NULL,
    target          TEXT NOT NULL,
    target_validity BIGINT NOT NULL,
    target_uid      BIGINT NOT NULL
);
CREATE INDEX deletions_page ON deletions (page_id, at);
CREATE INDEX deletions_mailbox ON deletions (mailbox_id);

-- Numbers that stand for themselves: sizes that were not as announced, for each
-- upstream, and the generation of what commands have changed.
CREATE TABLE counters (
    kind  TEXT   NOT NULL,
    name  TEXT   NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Who holds which maildrop. Nothing here has to outlast the database server: a
-- session whose lease is gone can commit nothing. The fencing numbers do, so
-- that none is given twice.
CREATE SEQUENCE fences;
CREATE UNLOGGED TABLE proxies (
    id        TEXT PRIMARY KEY,
    heartbeat TIMESTAMPTZ NOT NULL
);
CREATE UNLOGGED TABLE leases (
    scope     TEXT PRIMARY KEY,
    fence     BIGINT NOT NULL UNIQUE DEFAULT nextval('fences'),
    proxy     TEXT NOT NULL,
    taken_at  TIMESTAMPTZ NOT NULL,
    active_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX leases_proxy ON leases (proxy);

-- +goose Down

DROP TABLE leases;
DROP TABLE proxies;
DROP TABLE counters;
DROP TABLE deletions;
DROP TABLE intents;
DROP TABLE known_devices;
DROP TABLE page_devices;
DROP TABLE page_pins;
DROP TABLE pages;
DROP TABLE snapshot_keys;
DROP TABLE snapshot_entries;
DROP TABLE snapshots;
DROP TABLE mailboxes;
DROP SEQUENCE fences;
