-- +goose Up

-- Orgs and address books by a small integer: a row of ten million holds no name twice.
CREATE TABLE org (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE record (
    key     INTEGER PRIMARY KEY,
    org     BIGINT NOT NULL,
    id      TEXT NOT NULL,
    object  TEXT NOT NULL,
    name    TEXT NOT NULL,
    company TEXT NOT NULL,
    account TEXT NOT NULL,
    country TEXT NOT NULL,
    owner   TEXT NOT NULL,
    numbers TEXT NOT NULL,   -- digits parted by commas: what an upsert has to take back
    stamp   BIGINT NOT NULL, -- nanoseconds since 1970, 0 if unknown
    run     BIGINT NOT NULL, -- the last full run that saw the record
    UNIQUE (id, org)
);

-- The digits of E.164 as an integer. Clustered, so that a look-up is one descent.
CREATE TABLE number (
    number BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (number, record)
) WITHOUT ROWID;

CREATE TABLE sync (
    org       BIGINT NOT NULL,
    object    TEXT NOT NULL,
    watermark BIGINT NOT NULL DEFAULT 0, -- nanoseconds since 1970, 0 if never
    run       BIGINT NOT NULL DEFAULT 0, -- the last full run begun
    records   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (org, object)
);

-- +goose Down
DROP TABLE sync;
DROP TABLE number;
DROP TABLE record;
DROP TABLE org;
