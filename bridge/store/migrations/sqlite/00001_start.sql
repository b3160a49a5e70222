-- Times are Unix milliseconds in UTC. BYTEA columns hold bytes; those named
-- client_secret and password are sealed (see box.go). What is only saved and
-- loaded as a whole is JSON; what is searched or referred to is a column.

-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE orgs (
    id            TEXT PRIMARY KEY, -- 18 characters
    config        TEXT NOT NULL,    -- JSON of lookup.OrgConfig without the secret
    client_secret BYTEA
);

CREATE TABLE links (
    name     TEXT PRIMARY KEY,
    config   TEXT NOT NULL,         -- JSON of pbx.LinkConfig without the password
    password BYTEA
);

CREATE TABLE agent_groups (
    name     TEXT PRIMARY KEY,
    settings TEXT NOT NULL          -- JSON of bridge.Settings
);

CREATE TABLE agents (
    id              TEXT PRIMARY KEY,
    email           TEXT NOT NULL,
    email_key       TEXT NOT NULL UNIQUE, -- in lower case
    org             TEXT NOT NULL REFERENCES orgs (id),
    salesforce_user TEXT NOT NULL,        -- 18 characters, empty while unbound
    enabled         BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX agents_by_user ON agents (org, salesforce_user) WHERE salesforce_user <> '';

CREATE TABLE agent_devices (
    agent     TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    link      TEXT NOT NULL REFERENCES links (name),
    extension TEXT NOT NULL,
    PRIMARY KEY (agent, position)
);
CREATE INDEX agent_devices_by_link ON agent_devices (link);

CREATE TABLE agent_memberships (
    agent      TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    group_name TEXT NOT NULL REFERENCES agent_groups (name) ON UPDATE CASCADE ON DELETE CASCADE,
    PRIMARY KEY (agent, position)
);
CREATE INDEX agent_memberships_by_group ON agent_memberships (group_name);

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,   -- SHA-256 of the resume token
    agent      TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    tab        TEXT NOT NULL,
    signed     BIGINT NOT NULL,
    expires    BIGINT NOT NULL
);
CREATE INDEX sessions_by_agent ON sessions (agent);
CREATE INDEX sessions_by_expiry ON sessions (expires);

CREATE TABLE administrators (
    name_key      TEXT PRIMARY KEY, -- in lower case
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,    -- argon2id, PHC string
    created_at    BIGINT NOT NULL
);

CREATE TABLE panel_sessions (
    token_hash BYTEA PRIMARY KEY,   -- SHA-256 of the cookie
    data       BYTEA NOT NULL,
    expires    BIGINT NOT NULL
);
CREATE INDEX panel_sessions_by_expiry ON panel_sessions (expires);

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    time   BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (time);
