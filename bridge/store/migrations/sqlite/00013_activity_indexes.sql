-- Each call that ends pays for every index of its activity. A call's two rows have
-- ids that follow from its own, and only what is written goes by its age.

-- +goose Up
DROP INDEX activities_by_call;
DROP INDEX activities_by_end;
CREATE INDEX activities_written ON activities (ended) WHERE next = 0;
