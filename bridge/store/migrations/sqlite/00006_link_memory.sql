-- What a link has to know after a restart: its subscriptions at the switch. No
-- secrets; goes with its link.

-- +goose Up
CREATE TABLE link_memory (
    link  TEXT PRIMARY KEY REFERENCES links (name) ON DELETE CASCADE,
    state BYTEA NOT NULL            -- the link's own format
);
