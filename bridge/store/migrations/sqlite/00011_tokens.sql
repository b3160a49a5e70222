-- What others show to be let in: the secret parts of the addresses that orgs post
-- outbound messages to, and the tokens of the API. Only hashes are kept: both are
-- 256 random bits, which need no slow one.

-- +goose Up
CREATE TABLE outbound_secrets (
    org     TEXT NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
    hash    BYTEA NOT NULL,
    created BIGINT NOT NULL, -- microseconds: two may be made within a millisecond
    PRIMARY KEY (org, hash)
);
CREATE TABLE tokens (
    name    TEXT PRIMARY KEY,
    hash    BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL
);
