-- A ticket serves once, also where the bridge restarts in between. Rows go when the
-- ticket would be too old in any case, after four minutes at most.

-- +goose Up
CREATE TABLE used_tickets (
    ticket_hash BYTEA PRIMARY KEY,  -- SHA-256 of org and jti
    expires     BIGINT NOT NULL
);
CREATE INDEX used_tickets_by_expiry ON used_tickets (expires);
