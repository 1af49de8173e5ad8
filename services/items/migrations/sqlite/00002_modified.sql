-- +goose Up
ALTER TABLE items ADD COLUMN modified_at integer NOT NULL DEFAULT 0; -- seconds since 1970; 0 for items that are older than this column

-- +goose Down
ALTER TABLE items DROP COLUMN modified_at;
