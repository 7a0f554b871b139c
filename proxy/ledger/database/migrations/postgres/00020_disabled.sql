-- +goose Up

-- Since when an operator lets nobody log in to an account, and why; 0: it is not so.
ALTER TABLE moves ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE moves ADD COLUMN disabled_why TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE moves DROP COLUMN disabled_why;
ALTER TABLE moves DROP COLUMN disabled_at;
