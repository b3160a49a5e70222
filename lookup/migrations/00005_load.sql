-- +goose Up

-- How far the run of an object that reads all records has come, so that it goes
-- on there after a restart. It falls with its run, and when a watermark is set.
ALTER TABLE sync ADD COLUMN load TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sync DROP COLUMN load;
