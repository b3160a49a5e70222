-- What calls become in Salesforce: one row a Task, for as long as it is written
-- or may still be changed. See activities.go. Withheld numbers are in no column.

-- +goose Up
CREATE TABLE activities (
    id        TEXT PRIMARY KEY,  -- the Task's CallObject
    call_id   TEXT NOT NULL,
    follow_up BOOLEAN NOT NULL,  -- the Task for following the call up
    org       TEXT NOT NULL,     -- no reference: it outlives org and agent
    agent     TEXT NOT NULL,
    owner     TEXT NOT NULL,     -- Salesforce user; empty: the agent's, once there is one
    number    TEXT NOT NULL,
    ring      TEXT NOT NULL,     -- of a missed call: one Task for all rung together
    body      TEXT NOT NULL,     -- JSON of bridge.Activity, the wanted state
    ended     BIGINT NOT NULL,
    version   BIGINT NOT NULL,   -- rises with each change of body
    next      BIGINT NOT NULL,   -- when it is to be written; 0: it is
    task      TEXT NOT NULL DEFAULT '',   -- id in Salesforce, once known
    sent      TEXT NOT NULL DEFAULT '',   -- JSON of the fields as sent last
    tried     BIGINT NOT NULL DEFAULT 0,  -- sent then, and nobody knows whether it was written
    without   TEXT NOT NULL DEFAULT '',   -- fields that the org refused
    attempts  BIGINT NOT NULL DEFAULT 0,
    deleting  BOOLEAN NOT NULL DEFAULT FALSE, -- the Task is to go
    problem   TEXT NOT NULL DEFAULT '',
    cure      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX activities_by_next ON activities (org, next) WHERE next > 0;
CREATE INDEX activities_by_call ON activities (call_id);
CREATE INDEX activities_by_ring ON activities (ring) WHERE ring <> '';
CREATE INDEX activities_by_end ON activities (ended);
