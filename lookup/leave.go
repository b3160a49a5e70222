package lookup

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Unseen are the ids of the records of an object that a full run has not seen.
func (d *Directory) Unseen(ctx context.Context, org, object string, run int64) ([]string, error) {
	return d.ids(ctx, "unseen records of "+object, `SELECT r.id FROM org o JOIN record r ON r.org = o.key
		WHERE o.name = $1 AND r.object = $2 AND r.run <> $3`, org, object, run)
}

// Oldest are the ids of the n records of an object that have been changed least
// lately.
func (d *Directory) Oldest(ctx context.Context, org, object string, n int) ([]string, error) {
	return d.ids(ctx, "oldest records of "+object, `SELECT r.id FROM org o JOIN record r ON r.org = o.key
		WHERE o.name = $1 AND r.object = $2 ORDER BY r.stamp, r.id LIMIT $3`, org, object, n)
}

// Objects are those that the directory has read of an org.
func (d *Directory) Objects(ctx context.Context, org string) ([]string, error) {
	return d.ids(ctx, "objects of "+org, `SELECT s.object FROM org o JOIN sync s ON s.org = o.key
		WHERE o.name = $1 ORDER BY s.object`, org)
}

// Orgs are those that the directory holds something of, address books among them
// (BookOrg).
func (d *Directory) Orgs(ctx context.Context) ([]string, error) {
	return d.ids(ctx, "orgs", `SELECT name FROM org ORDER BY name`)
}

func (d *Directory) ids(ctx context.Context, what, query string, args ...any) ([]string, error) {
	rows, err := d.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("lookup: %s: %w", what, err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("lookup: %s: %w", what, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Forget removes all records of an object of an org and that it was ever read, in
// steps as Sweep does; call it again if it fails.
func (d *Directory) Forget(ctx context.Context, org, object string) (removed int, err error) {
	run := time.Now().UnixNano() // of which no record is
	if removed, err = d.Sweep(ctx, org, object, run); err != nil {
		return removed, err
	}
	return removed, d.commit(ctx, object, func(t *transaction) error {
		_, err := t.tx.ExecContext(ctx, `DELETE FROM sync WHERE object = $2 AND org = (SELECT key FROM org WHERE name = $1)`, org, object)
		return err
	})
}

// Retain removes the records and users of all orgs but these. Address books stay.
func (d *Directory) Retain(ctx context.Context, orgs []string) (removed int, err error) {
	held, err := d.Orgs(ctx)
	if err != nil {
		return 0, err
	}
	for _, org := range held {
		if slices.Contains(orgs, org) || IsBook(org) {
			continue
		}
		n, err := d.forgetOrg(ctx, org)
		if removed += n; err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func (d *Directory) forgetOrg(ctx context.Context, org string) (removed int, err error) {
	objects, err := d.Objects(ctx, org)
	if err != nil {
		return 0, err
	}
	for _, object := range objects {
		n, err := d.Forget(ctx, org, object)
		if removed += n; err != nil {
			return removed, err
		}
	}
	return removed, d.commit(ctx, org, func(t *transaction) error {
		for _, statement := range []string{
			`DELETE FROM person WHERE org = (SELECT key FROM org WHERE name = $1)`,
			`DELETE FROM tombstone WHERE org = (SELECT key FROM org WHERE name = $1)`,
			`DELETE FROM org WHERE name = $1`,
		} {
			if _, err := t.tx.ExecContext(ctx, statement, org); err != nil {
				return err
			}
		}
		return nil
	})
}

// OpenIDs are the records of an object that something open belongs to.
func (d *Directory) OpenIDs(ctx context.Context, org, object string) ([]string, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT r.id FROM org o JOIN record r ON r.org = o.key
		WHERE o.name = $1 AND r.object = $2 AND r.activity % 2 = 1`, org, object)
	if err != nil {
		return nil, fmt.Errorf("lookup: open records of %s: %w", object, err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("lookup: open records of %s: %w", object, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
