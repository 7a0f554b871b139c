-- +goose Up

-- Whether the last move of an account took it back to where it was before its
-- migration: from there no way leads further back.
ALTER TABLE moves ADD COLUMN returned BOOLEAN NOT NULL DEFAULT false;

-- +goose Down

ALTER TABLE moves DROP COLUMN returned;
