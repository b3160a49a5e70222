-- Salesforce users who proved identity and found no agent to be: for the panel,
-- until one of them gets in, or for two weeks. Ids only.

-- +goose Up
CREATE TABLE refusals (
    org             TEXT NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
    salesforce_user TEXT NOT NULL,
    agent           TEXT NOT NULL,   -- who has the user's e-mail address, or empty
    reason          TEXT NOT NULL,
    last            BIGINT NOT NULL,
    times           BIGINT NOT NULL,
    audited         BIGINT NOT NULL, -- when the audit trail last told of it
    expires         BIGINT NOT NULL,
    PRIMARY KEY (org, salesforce_user)
);
CREATE INDEX refusals_by_expiry ON refusals (expires);
