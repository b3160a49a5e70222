-- +goose Up

-- What address books show of a record beside its numbers, as JSON by target. Only
-- of records with such fields mapped; no look-up reads it.
CREATE TABLE detail (
    record BIGINT PRIMARY KEY,
    data   TEXT NOT NULL
);

-- The users of an org, for who may sign in and who is who.
CREATE TABLE person (
    org      BIGINT NOT NULL,
    id       TEXT NOT NULL,
    email    TEXT NOT NULL,
    username TEXT NOT NULL,
    active   INTEGER NOT NULL,
    frozen   INTEGER NOT NULL,
    stamp    BIGINT NOT NULL, -- SystemModstamp, nanoseconds since 1970
    PRIMARY KEY (org, id)
);

-- +goose Down
DROP TABLE person;
DROP TABLE detail;
