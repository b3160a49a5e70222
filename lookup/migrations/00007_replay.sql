-- +goose Up

-- How far the change events of a topic have been read: Salesforce's replay id, in
-- hexadecimal.
CREATE TABLE replay (
    org   TEXT NOT NULL,
    topic TEXT NOT NULL,
    id    TEXT NOT NULL,
    PRIMARY KEY (org, topic)
);

-- +goose Down
DROP TABLE replay;
