-- +goose Up

-- The fields that all records of an object were read with, and by which parser:
-- empty while they are not all read so. What differs is read again.
ALTER TABLE sync ADD COLUMN reading TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sync DROP COLUMN reading;
