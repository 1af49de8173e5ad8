-- +goose Up
CREATE TABLE write_probe (
    one        integer PRIMARY KEY CHECK (one = 1),
    written_at integer NOT NULL -- seconds since 1970, of the latest check of readiness
);

-- +goose Down
DROP TABLE write_probe;
