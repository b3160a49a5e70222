-- A session is good while its org has the key that its ticket was signed with.
-- Of those from before nobody knows the key: their tabs need a ticket.

-- +goose Up
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN kid TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN key_hash BYTEA NOT NULL DEFAULT x''; -- SHA-256 of the public key
