-- Calls, one row for each agent's part, and the trace of what was decided about
-- it. A row that is not kept is a trace only. Withheld numbers are in no column,
-- names in none either. Rows go by the days of their class: see expire.go.

-- +goose Up
CREATE TABLE journal (
    id             TEXT PRIMARY KEY,
    kept           BOOLEAN NOT NULL,
    popped         BOOLEAN NOT NULL,
    agent          TEXT NOT NULL,   -- empty: nobody's; no reference: it outlives the agent
    org            TEXT NOT NULL,
    link           TEXT NOT NULL,
    call_key       TEXT NOT NULL,   -- the switch's
    device         TEXT NOT NULL,
    group_name     TEXT NOT NULL,
    ring           TEXT NOT NULL,   -- the same for all rung together
    direction      TEXT NOT NULL,
    outgoing       BOOLEAN NOT NULL,
    number         TEXT NOT NULL,   -- E.164, or an extension
    withheld       BOOLEAN NOT NULL,
    started        BIGINT NOT NULL,
    answered       BIGINT NOT NULL, -- 0 until it happened, as ended
    ended          BIGINT NOT NULL,
    reason         TEXT NOT NULL,
    matches        TEXT NOT NULL,   -- JSON of [{object, id}]
    chosen_object  TEXT NOT NULL,
    chosen_id      TEXT NOT NULL,
    transferred_by TEXT NOT NULL,
    transferred_to TEXT NOT NULL,
    revision       BIGINT NOT NULL,
    steps          TEXT NOT NULL,   -- JSON of the trace, empty once it has expired
    seen           BOOLEAN NOT NULL DEFAULT FALSE,
    done_by        TEXT NOT NULL DEFAULT '', -- agent who spoke with a missed caller since
    done_at        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX journal_by_time ON journal (started);
CREATE INDEX journal_by_agent ON journal (agent, started);
CREATE INDEX journal_by_number ON journal (number, started) WHERE number <> '';
CREATE INDEX journal_living ON journal (id) WHERE ended = 0;
