-- Agents' own settings, what is kept nowhere else, and who sits where today.

-- +goose Up
ALTER TABLE agents ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'; -- JSON of bridge.Settings
ALTER TABLE agents ADD COLUMN switch_agent TEXT NOT NULL DEFAULT '';

CREATE TABLE exclusions (
    key    TEXT PRIMARY KEY,        -- number or extension
    number TEXT NOT NULL,           -- empty: extension is set
    extension TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE desks (
    agent     TEXT PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    link      TEXT NOT NULL REFERENCES links (name) ON DELETE CASCADE,
    extension TEXT NOT NULL,
    expires   BIGINT NOT NULL,
    UNIQUE (link, extension)
);
