-- +goose Up

-- What is known of messages' content, finely enough to recognise a copy that
-- another program has made; chunk is UID / 128.
CREATE TABLE snapshot_prints (
    owner BIGINT NOT NULL REFERENCES snapshots ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BLOB NOT NULL,
    PRIMARY KEY (owner, chunk)
) WITHOUT ROWID;

-- Which messages of one mailbox are those of another, for devices that will be
-- served from the other. It keeps both mailboxes from being forgotten.
CREATE TABLE matches (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    old_mailbox_id  BIGINT NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    old_uidvalidity BIGINT NOT NULL,
    new_mailbox_id  BIGINT NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    new_uidvalidity BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    revision        BIGINT NOT NULL,
    pairs           BIGINT NOT NULL,
    old_only        BIGINT NOT NULL,
    new_only        BIGINT NOT NULL,
    ambiguous       BIGINT NOT NULL,
    UNIQUE (new_mailbox_id, old_mailbox_id)
);
CREATE INDEX matches_old ON matches (old_mailbox_id);

-- Its pairs, by the new UID; chunk is that UID / 128.
CREATE TABLE match_pairs (
    owner BIGINT NOT NULL REFERENCES matches ON DELETE CASCADE,
    chunk BIGINT NOT NULL,
    data  BLOB NOT NULL,
    PRIMARY KEY (owner, chunk)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE match_pairs;
DROP TABLE matches;
DROP TABLE snapshot_prints;
