package lookup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Users are copied beside the records, by whoever needs to know who may sign in:
//
//	User, by SystemModstamp ─┬► UserChanges ─► ApplyUsers
//	UserLogin that is frozen ┘
//
// Neither waits for a sync: a full one takes minutes.

const (
	// usersAll is how often all users are read, not only those that changed.
	usersAll = 24 * time.Hour
	// frozenAgain is how long it is believed that the run-as user may not see who
	// is frozen.
	frozenAgain = time.Hour
)

// usersTarget is a target that keeps users; *Directory does.
type usersTarget interface {
	ApplyUsers(ctx context.Context, c UserChanges) error
}

// userSync is what a Replica knows of its org's users.
type userSync struct {
	mu      sync.Mutex
	newest  time.Time // the newest stamp read, zero before all have been
	all     time.Time // when all were read
	blindly time.Time // until then frozen users are not asked for
}

// SyncUsers copies the users of the org that changed since it was last called: all
// standard users at first, and once a day. It costs one API call, or two where the
// source cannot batch.
func (r *Replica) SyncUsers(ctx context.Context) error {
	target, ok := r.config.Directory.(usersTarget)
	if !ok {
		return nil
	}
	u := &r.users
	u.mu.Lock()
	defer u.mu.Unlock()
	org, err := r.checkOrg(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	c := UserChanges{Org: org, All: u.newest.IsZero() || begun.Sub(u.all) >= usersAll}
	newest, err := r.readAllUsers(ctx, &c, u)
	if err == nil {
		err = target.ApplyUsers(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("lookup: sync users: %w", err)
	}
	u.newest = newest
	if c.All {
		u.all = begun
	}
	return nil
}

// batchSource is a source that answers several queries in one call;
// *salesforce.Client does.
type batchSource interface {
	QueryAllEach(ctx context.Context, soqls []string) ([]iter.Seq2[salesforce.Record, error], error)
}

const frozenUsers = "SELECT UserId FROM UserLogin WHERE IsFrozen = true"

// readAllUsers reads users and who of them is frozen, and tells the newest stamp.
func (r *Replica) readAllUsers(ctx context.Context, c *UserChanges, u *userSync) (newest time.Time, err error) {
	soql := "SELECT Id, Email, Username, IsActive, SystemModstamp FROM User WHERE UserType = 'Standard'"
	if !c.All {
		soql += " AND SystemModstamp >= " + salesforce.FormatTime(u.newest.Add(-r.config.Overlap))
	}
	source, batches := r.config.Client.(batchSource)
	blindly := time.Now().Before(u.blindly)
	users, logins := r.config.Client.Query(ctx, soql), r.config.Client.Query(ctx, frozenUsers)
	if batches && !blindly {
		each, err := source.QueryAllEach(ctx, []string{soql, frozenUsers})
		if err != nil {
			return u.newest, err
		}
		users, logins = each[0], each[1]
	}
	if newest, err = readUsers(users, c, u.newest); err == nil && !blindly {
		c.Frozen, err = r.readFrozen(ctx, logins, u)
	}
	return newest, err
}

func readUsers(rows iter.Seq2[salesforce.Record, error], c *UserChanges, newest time.Time) (time.Time, error) {
	for row, err := range rows {
		if err != nil {
			return newest, err
		}
		id, err := salesforce.NormalizeID(row.ID())
		if err != nil {
			return newest, &salesforce.Error{Op: "query User", Code: "BAD_RECORD", Message: "a user came without a usable Id"}
		}
		u := User{ID: id, Email: row.String("Email"), Username: row.String("Username"), Active: row.Bool("IsActive"), Stamp: row.Time("SystemModstamp")}
		if u.Stamp.After(newest) {
			newest = u.Stamp
		}
		c.Upsert = append(c.Upsert, u)
	}
	return newest, nil
}

// readFrozen are the frozen users, as far as the run-as user may know: that takes
// “Manage Users”.
func (r *Replica) readFrozen(ctx context.Context, rows iter.Seq2[salesforce.Record, error], u *userSync) (ids []string, err error) {
	for row, err := range rows {
		if refusal, ok := errors.AsType[*salesforce.Error](err); ok && (refusal.Status == 400 || refusal.Status == 403 || refusal.Status == 404) && !refusal.Temporary() && !errors.Is(err, salesforce.ErrLimit) {
			u.blindly = time.Now().Add(frozenAgain)
			r.log.DebugContext(ctx, "frozen users cannot be told from others", "err", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if id, err := salesforce.NormalizeID(row.String("UserId")); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
