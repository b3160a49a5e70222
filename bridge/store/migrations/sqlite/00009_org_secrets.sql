-- +goose Up
-- Orgs have several secrets: a sealed JSON object, by their path in the
-- configuration document. client_secret stays for databases from before.
ALTER TABLE orgs ADD COLUMN secrets BYTEA;

-- +goose Down
ALTER TABLE orgs DROP COLUMN secrets;
