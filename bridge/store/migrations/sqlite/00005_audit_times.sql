-- What anybody can cause, such as a failed sign-in, is one row for a minute.

-- +goose Up
ALTER TABLE audit ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
