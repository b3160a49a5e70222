package lookup

import (
	"context"
	"fmt"
	"time"
)

// User is a user of an org, as the directory keeps it: for who may sign in, and
// for matching by e-mail address, which is no proof of identity.
type User struct {
	ID       string // 18 characters
	Email    string
	Username string
	Active   bool
	Frozen   bool      // false where the run-as user cannot see it
	Stamp    time.Time // SystemModstamp
}

// MaySignIn reports whether Salesforce lets the user in.
func (u User) MaySignIn() bool { return u.Active && !u.Frozen }

// Users are the users of an org, by e-mail address.
func (d *Directory) Users(ctx context.Context, org string) ([]User, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT p.id, p.email, p.username, p.active, p.frozen, p.stamp
		FROM org o JOIN person p ON p.org = o.key WHERE o.name = $1 ORDER BY p.email, p.id`, org)
	if err != nil {
		return nil, fmt.Errorf("lookup: users: %w", err)
	}
	defer rows.Close()
	var list []User
	for rows.Next() {
		var u User
		var stamp int64
		if err := rows.Scan(&u.ID, &u.Email, &u.Username, &u.Active, &u.Frozen, &stamp); err != nil {
			return nil, fmt.Errorf("lookup: users: %w", err)
		}
		if stamp != 0 {
			u.Stamp = time.Unix(0, stamp).UTC()
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

// LockedOut are the ids of the users of an org whom Salesforce does not let in:
// deactivated or frozen ones.
func (d *Directory) LockedOut(ctx context.Context, org string) ([]string, error) {
	return d.ids(ctx, "users locked out", `SELECT p.id FROM org o JOIN person p ON p.org = o.key
		WHERE o.name = $1 AND (p.active = 0 OR p.frozen = 1) ORDER BY p.id`, org)
}

// UserChanges is one commit of users.
type UserChanges struct {
	Org    string
	Upsert []User // without Frozen
	// All says that Upsert are all users there are: the others go.
	All bool
	// Frozen are all who are frozen; nobody is where it is not known.
	Frozen []string
}

// ApplyUsers commits c.
func (d *Directory) ApplyUsers(ctx context.Context, c UserChanges) error {
	return d.commit(ctx, "User", func(t *transaction) error {
		if _, err := t.tx.ExecContext(ctx, `INSERT INTO org (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`, c.Org); err != nil {
			return err
		}
		if err := t.tx.QueryRowContext(ctx, `SELECT key FROM org WHERE name = $1`, c.Org).Scan(&t.org); err != nil {
			return err
		}
		if c.All {
			if _, err := t.tx.ExecContext(ctx, `DELETE FROM person WHERE org = $1`, t.org); err != nil {
				return err
			}
		}
		for _, u := range c.Upsert {
			if err := t.putUser(u); err != nil {
				return err
			}
		}
		return t.freeze(c.Frozen)
	})
}

func (t *transaction) putUser(u User) error {
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO person (org, id, email, username, active, frozen, stamp) VALUES ($1, $2, $3, $4, $5, 0, $6)
		ON CONFLICT (org, id) DO UPDATE SET email = excluded.email, username = excluded.username, active = excluded.active, stamp = excluded.stamp
		WHERE excluded.stamp >= person.stamp`, t.org, u.ID, u.Email, u.Username, u.Active, nanos(u.Stamp))
	return err
}

func (t *transaction) freeze(ids []string) error {
	if _, err := t.tx.ExecContext(t.ctx, `UPDATE person SET frozen = 0 WHERE org = $1 AND frozen = 1`, t.org); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := t.tx.ExecContext(t.ctx, `UPDATE person SET frozen = 1 WHERE org = $1 AND id = $2`, t.org, id); err != nil {
			return err
		}
	}
	return nil
}
