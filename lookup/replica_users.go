package lookup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Users are copied beside the records, because whoever may not sign in to the org
// may not to the bridge:
//
//	User, by SystemModstamp ─┬► UserChanges ─► ApplyUsers
//	UserLogin that is frozen ┘
//
// Neither waits for a full sync, which takes minutes.

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
	read    time.Time // when they were last read
	blindly time.Time // until then frozen users are not asked for
	noBatch bool      // the org takes no batches of queries
}

// SyncUsers copies the users of the org that changed since they were last copied:
// all standard users at first, and once a day. Polling does so too, in the one
// call that each of its turns costs; then there is nothing left to do here. Else
// it costs one call, or two where the source cannot batch. Users read no longer ago
// than fresh are fresh enough.
func (r *Replica) SyncUsers(ctx context.Context, fresh time.Duration) error {
	u := &r.users
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.read) < fresh {
		return nil
	}
	soqls, all := r.usersSOQL()
	rows := r.config.Client.QueryAll
	if source, ok := r.config.Client.(batchSource); ok && len(soqls) > 1 && !u.noBatch {
		each, err := source.QueryAllEach(ctx, soqls)
		switch {
		case refusesBatches(err):
			u.noBatch = true // until the next start: a call more
		case err != nil:
			return fmt.Errorf("lookup: sync users: %w", err)
		default:
			rows = func(_ context.Context, soql string) iter.Seq2[salesforce.Record, error] {
				return each[slices.Index(soqls, soql)]
			}
		}
	}
	return r.copyUsers(ctx, rows, soqls, all)
}

// pollUsers copies users in a turn of polling that has asked for them.
func (r *Replica) pollUsers(ctx context.Context) {
	u := &r.users
	u.mu.Lock()
	defer u.mu.Unlock()
	soqls, all := r.usersSOQL()
	for _, soql := range soqls {
		if _, asked := r.ahead.rows[soql]; !asked {
			return
		}
	}
	if err := r.copyUsers(ctx, r.queryAll, soqls, all); err != nil && ctx.Err() == nil {
		r.log.LogAttrs(ctx, slog.LevelWarn, "users could not be read", slog.Any("err", err))
	}
}

// foreseeUsers are the queries for users that a turn of polling asks.
func (r *Replica) foreseeUsers() []string {
	if _, ok := r.config.Directory.(usersTarget); !ok {
		return nil
	}
	u := &r.users
	u.mu.Lock()
	defer u.mu.Unlock()
	soqls, _ := r.usersSOQL()
	return soqls
}

// usersSOQL asks for users, and for who of them is frozen unless the run-as user
// may not know. Its caller holds the lock of the users.
func (r *Replica) usersSOQL() (soqls []string, all bool) {
	u := &r.users
	soql := "SELECT Id, Email, Username, IsActive, SystemModstamp FROM User WHERE UserType = 'Standard'"
	if all = u.newest.IsZero() || time.Since(u.all) >= usersAll; !all {
		soql += " AND SystemModstamp >= " + salesforce.FormatTime(u.newest.Add(-r.config.Overlap))
	}
	if time.Now().Before(u.blindly) {
		return []string{soql}, all
	}
	return []string{soql, frozenUsers}, all
}

// copyUsers takes the answers of rows to soqls to the directory.
func (r *Replica) copyUsers(ctx context.Context, rows queryFunc, soqls []string, all bool) error {
	target, ok := r.config.Directory.(usersTarget)
	if !ok {
		return nil
	}
	org, err := r.checkOrg(ctx)
	if err != nil {
		return err
	}
	u, begun := &r.users, time.Now()
	c := UserChanges{Org: org, All: all}
	newest, err := readUsers(rows(ctx, soqls[0]), &c, u.newest)
	if err == nil && len(soqls) > 1 {
		c.Frozen, err = r.readFrozen(ctx, rows(ctx, soqls[1]), u)
	}
	if err == nil {
		err = target.ApplyUsers(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("lookup: sync users: %w", err)
	}
	u.newest, u.read = newest, begun
	if c.All {
		u.all = begun
	}
	return nil
}

const frozenUsers = "SELECT UserId FROM UserLogin WHERE IsFrozen = true"

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
