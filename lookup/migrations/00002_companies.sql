-- +goose Up

-- Companies by their switchboards. What was copied before does not say which
-- numbers are a company's, so all of it is read again.
DROP TABLE number;
DELETE FROM record;
UPDATE sync SET watermark = 0, run = 0, records = 0;

ALTER TABLE record ADD COLUMN activity BIGINT NOT NULL DEFAULT 0; -- what ranks it: see activity.go

CREATE TABLE number (
    number BIGINT NOT NULL,
    record BIGINT NOT NULL,
    site   BIGINT NOT NULL, -- the company whose line it is, as a hash; 0 for private lines
    PRIMARY KEY (number, record)
) WITHOUT ROWID;

-- What all direct dials of a switchboard begin with, where a field shows it.
CREATE TABLE stem (
    stem   BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (stem, record)
) WITHOUT ROWID;

-- Records deleted lately: an older version that arrives late stays out.
CREATE TABLE tombstone (
    org   BIGINT NOT NULL,
    id    TEXT NOT NULL,
    stamp BIGINT NOT NULL, -- versions up to this one are refused
    died  BIGINT NOT NULL, -- when we heard of it, nanoseconds since 1970
    PRIMARY KEY (org, id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE tombstone;
DROP TABLE stem;
DROP TABLE number;
ALTER TABLE record DROP COLUMN activity;
DELETE FROM record;
UPDATE sync SET watermark = 0, run = 0, records = 0;
CREATE TABLE number (
    number BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (number, record)
) WITHOUT ROWID;
