package replica

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
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
	// UsersFresh is how old what is known of users may be while agents are signed
	// in: with a few seconds until somebody asks, and those of the answer, less than
	// the two minutes after which a deactivated user is to be gone. It is more than a
	// turn of polling, which reads users too.
	UsersFresh = 105 * time.Second
	// usersAgain is how long nobody asks again after a failure.
	usersAgain = 20 * time.Second
	// frozenAgain is how long it is believed that the run-as user may not see who
	// is frozen.
	frozenAgain = time.Hour
)

// usersTarget is a target that keeps users; *lookup.Directory does.
type usersTarget interface {
	ApplyUsers(ctx context.Context, c lookup.UserChanges) error
}

// userSync is what a Replica knows of its org's users.
type userSync struct {
	turn    gate      // guards the rest
	newest  time.Time // the newest stamp read, zero before all have been
	all     time.Time // when all were read
	read    time.Time // when they were last read
	failed  time.Time // when they could not be read, for failure
	failure error
	blindly time.Time   // until then frozen users are not asked for
	noBatch atomic.Bool // the org takes no batches of queries
}

// SyncUsers copies the users of the org that changed since they were last copied:
// all standard users at first, and once a day. Polling does so too, in a call that
// each of its turns costs; then there is nothing left to do here. Else it costs one
// call, or two where the source cannot batch, and what is hinted at comes with it
// if that costs no further one. Users read no longer ago than fresh are fresh
// enough. Above the reserve of Usage nothing is asked, and the error says so: who
// may sign in is known as of before, until calls are left again.
func (r *Replica) SyncUsers(ctx context.Context, fresh time.Duration) error {
	u := &r.users
	if !u.turn.enter(ctx) {
		return fmt.Errorf("replica: sync users: %w", ctx.Err())
	}
	defer u.turn.leave()
	switch {
	case time.Since(u.read) < fresh:
		return nil
	case u.failure != nil && time.Since(u.failed) < min(usersAgain, fresh):
		return u.failure
	}
	_, _, reserve := shares(r.config.Org.Usage)
	if u.failure = r.readUsers(salesforce.WithQuota(ctx, reserve)); u.failure != nil {
		u.failed = time.Now()
	}
	return u.failure
}

// readUsers asks for users, and for what is hinted at where that costs no further
// call. It has the turn of the users.
func (r *Replica) readUsers(ctx context.Context) error {
	h, users := &r.hints, r.usersQuery()
	var queries []hintQuery
	if len(users.soqls)+h.size() <= salesforce.CallBatch && h.reading.try() {
		defer h.reading.leave()
		taken, given := h.take()
		defer h.finish(given)
		queries = r.hintQueries(ctx, taken)
	}
	return r.readTogether(ctx, queries, users)
}

// userQuery asks for users; all says for all of them.
type userQuery struct {
	soqls []string
	all   bool
}

// pollUsers copies users in a turn of polling that has asked for them.
func (r *Replica) pollUsers(ctx context.Context) {
	u := &r.users
	if !u.turn.enter(ctx) {
		return
	}
	defer u.turn.leave()
	users := r.usersQuery()
	for _, soql := range users.soqls {
		if _, asked := r.ahead.rows[soql]; !asked {
			return
		}
	}
	if err := r.copyUsers(ctx, r.queryAll, users); err != nil && ctx.Err() == nil {
		r.log.LogAttrs(ctx, slog.LevelWarn, "users could not be read", slog.Any("err", err))
	}
}

// foreseeUsers are the queries for users that a turn of polling asks.
func (r *Replica) foreseeUsers(ctx context.Context) []string {
	u := &r.users
	if !u.turn.enter(ctx) {
		return nil
	}
	defer u.turn.leave()
	return r.usersQuery().soqls
}

// usersQuery asks for users, and for who of them is frozen unless the run-as user
// may not know; for nothing where nobody keeps them. Its caller has the turn of
// the users.
func (r *Replica) usersQuery() (q userQuery) {
	u := &r.users
	if _, ok := r.config.Directory.(usersTarget); !ok {
		return q
	}
	soql := "SELECT Id, Email, Username, IsActive, SystemModstamp FROM User WHERE UserType = 'Standard'"
	if q.all = u.newest.IsZero() || time.Since(u.all) >= usersAll; !q.all {
		soql += " AND SystemModstamp >= " + salesforce.FormatTime(u.newest.Add(-r.config.Overlap))
	}
	q.soqls = []string{soql, frozenUsers}
	if time.Now().Before(u.blindly) {
		q.soqls = q.soqls[:1]
	}
	return q
}

// copyUsers takes the answers of rows to the directory.
func (r *Replica) copyUsers(ctx context.Context, rows queryFunc, q userQuery) error {
	target, ok := r.config.Directory.(usersTarget)
	if !ok || len(q.soqls) == 0 {
		return nil
	}
	org, err := r.checkOrg(ctx)
	if err != nil {
		return err
	}
	u, begun := &r.users, time.Now()
	c := lookup.UserChanges{Org: org, All: q.all}
	newest, err := takeUsers(rows(ctx, q.soqls[0]), &c, u.newest)
	if err == nil && len(q.soqls) > 1 {
		c.Frozen, err = r.readFrozen(ctx, rows(ctx, q.soqls[1]), u)
	}
	if err == nil {
		err = target.ApplyUsers(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("replica: sync users: %w", err)
	}
	u.newest, u.read = newest, begun
	if c.All {
		u.all = begun
	}
	return nil
}

const frozenUsers = "SELECT UserId FROM UserLogin WHERE IsFrozen = true"

func takeUsers(rows iter.Seq2[salesforce.Record, error], c *lookup.UserChanges, newest time.Time) (time.Time, error) {
	for row, err := range rows {
		if err != nil {
			return newest, err
		}
		id, err := salesforce.NormalizeID(row.ID())
		if err != nil {
			return newest, &salesforce.Error{Op: "query User", Code: "BAD_RECORD", Message: "a user came without a usable Id"}
		}
		u := lookup.User{ID: id, Email: row.String("Email"), Username: row.String("Username"), Active: row.Bool("IsActive"), Stamp: row.Time("SystemModstamp")}
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
