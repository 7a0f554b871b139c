-- +goose Up

-- Messages that a server has copied to where deleted ones go, and would not remove
-- from their mailbox then: they are not copied again. print tells the message from
-- another one that may get its UID.
CREATE TABLE copies (
    mailbox_id      BIGINT NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
    uidvalidity     BIGINT NOT NULL,
    uid             BIGINT NOT NULL,
    print           BIGINT NOT NULL,
    target          TEXT   NOT NULL,
    target_validity BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, uidvalidity, uid)
);

-- +goose Down

DROP TABLE copies;
