-- +goose Up

-- When an operator has brought the message back, 0 for not, so that it is not
-- done twice.
ALTER TABLE deletions ADD COLUMN restored_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down

ALTER TABLE deletions DROP COLUMN restored_at;
