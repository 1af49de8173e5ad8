-- +goose Up
CREATE TABLE items (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     text   NOT NULL,
    quantity bigint NOT NULL,
    version  bigint NOT NULL DEFAULT 1
);
CREATE TABLE idempotency_keys (
    key        text   PRIMARY KEY,
    digest     text   NOT NULL, -- of the fields that the key was first sent with
    item_id    bigint NOT NULL, -- the item may have been deleted since
    created_at bigint NOT NULL  -- seconds since 1970
);
CREATE INDEX idempotency_keys_item_id ON idempotency_keys (item_id);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE items;
