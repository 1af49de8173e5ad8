-- +goose Up
CREATE TABLE items (
    id       integer PRIMARY KEY AUTOINCREMENT,
    name     text   NOT NULL,
    quantity integer NOT NULL,
    version  integer NOT NULL DEFAULT 1
);
CREATE TABLE idempotency_keys (
    key        text   PRIMARY KEY,
    digest     text   NOT NULL, -- of the fields that the key was first sent with
    item_id    integer NOT NULL, -- the item may have been deleted since
    created_at integer NOT NULL  -- seconds since 1970
);
CREATE INDEX idempotency_keys_item_id ON idempotency_keys (item_id);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE items;
