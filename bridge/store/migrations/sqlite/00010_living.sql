-- The log of calls that have not ended: what was new of them, one row for all
-- that came at once, each call a line of JSON. The newest line of a call counts.
-- A call goes into the journal when it has ended.

-- +goose Up
CREATE TABLE living (
    seq   INTEGER PRIMARY KEY,
    calls TEXT NOT NULL
);
