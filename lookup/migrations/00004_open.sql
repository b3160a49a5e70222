-- +goose Up

-- Records that something open belongs to: few, and compared at each sync.
CREATE INDEX record_open ON record (org, object, id) WHERE activity % 2 = 1;

-- +goose Down
DROP INDEX record_open;
