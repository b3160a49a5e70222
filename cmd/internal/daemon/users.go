package daemon

import (
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
)

const (
	// userInterval is how often who may not sign in any more is sent away. With
	// lookup.UsersFresh it is less than two minutes.
	userInterval = 5 * time.Second
	// userRest is how often an org is asked in which no agent is signed in.
	userRest = time.Hour
	// userWithin is how long one org may take, so that one that hangs does not keep
	// those of the others in.
	userWithin = 20 * time.Second
)

// watchUsers ends the sessions of agents whose Salesforce user is deactivated or
// frozen, and lets them in again when it no longer is. What was known before a
// restart counts at once. An org where nobody is signed in, or has been refused,
// costs no more than a call an hour. Once the org's calls are used up to the
// reserve of its Usage, nobody is asked: who may sign in is known as of then until
// calls are left again, and the org's status says so.
func (d *Daemon) watchUsers(ctx context.Context) {
	d.eachOrg(func(r *runningOrg) { d.lockOut(ctx, r.config.ID) })
	every, fresh := userInterval, replica.UsersFresh
	if d.o.UserInterval > 0 {
		every, fresh = d.o.UserInterval, 0
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	asked, failed := map[*replica.Replica]time.Time{}, map[*replica.Replica]string{}
	for {
		busy := d.busyOrgs()
		d.eachOrg(func(r *runningOrg) {
			last, before := asked[r.replica]
			if before && !busy[r.config.ID] && !d.bridge.RefusedUsers(r.config.ID) && time.Since(last) < userRest {
				return
			}
			asked[r.replica] = time.Now()
			if err := syncUsers(ctx, r.replica, fresh); err != nil {
				if again := failed[r.replica] == err.Error(); !again && ctx.Err() == nil {
					d.log.LogAttrs(ctx, slog.LevelWarn, "who may sign in is known as of before", slog.String("org", r.config.ID), slog.Any("err", err))
				}
				failed[r.replica] = err.Error()
				return
			}
			delete(failed, r.replica)
			d.lockOut(ctx, r.config.ID)
		})
		keepRunning(d, asked)
		keepRunning(d, failed)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func syncUsers(ctx context.Context, r *replica.Replica, fresh time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, userWithin)
	defer cancel()
	return r.SyncUsers(ctx, fresh)
}

// eachOrg does something for each org that has a replica.
func (d *Daemon) eachOrg(do func(*runningOrg)) {
	all, _ := d.orgs.named("")
	for _, r := range all {
		if r.replica != nil {
			do(r)
		}
	}
}

// keepRunning forgets replicas that have ended.
func keepRunning[T any](d *Daemon, known map[*replica.Replica]T) {
	running := map[*replica.Replica]bool{}
	d.eachOrg(func(r *runningOrg) { running[r.replica] = true })
	maps.DeleteFunc(known, func(r *replica.Replica, _ T) bool { return !running[r] })
}

// busyOrgs are those with agents signed in.
func (d *Daemon) busyOrgs() map[string]bool {
	busy := map[string]bool{}
	for id := range d.hub.Sessions() {
		if a, known := d.bridge.Agent(id); known {
			busy[a.Org] = true
		}
	}
	return busy
}

// lockOut tells the bridge who may not sign in, and ends what such users have open.
func (d *Daemon) lockOut(ctx context.Context, org string) {
	users, err := d.data.directory.LockedOut(ctx, org)
	if err != nil {
		d.log.LogAttrs(ctx, slog.LevelWarn, "who may sign in cannot be read", slog.String("org", org), slog.Any("err", err))
		return
	}
	for _, id := range d.bridge.SetInactiveUsers(org, users) {
		d.log.LogAttrs(ctx, slog.LevelInfo, "the agent's Salesforce user is deactivated or frozen", slog.String("org", org), slog.String("agent", string(id)))
		d.dismiss(id, bridge.ErrUserInactive)
	}
}

// forgetOrgs removes what the directory holds of orgs that are configured no more,
// beside all else: a million records take a while.
func (d *Daemon) forgetOrgs(configs []lookup.OrgConfig) {
	ids := make([]string, 0, len(configs))
	for _, c := range configs {
		ids = append(ids, c.ID)
	}
	held, err := d.data.directory.Orgs(d.run)
	if err != nil || !foreign(held, ids) {
		return
	}
	d.others.Go(func() {
		if _, err := d.data.directory.Retain(d.run, ids); err != nil && d.run.Err() == nil {
			d.log.Error("records of an org that was removed are still there; the next start removes them", "err", err)
		}
	})
}

func foreign(held, ids []string) bool {
	known := map[string]bool{}
	for _, id := range ids {
		known[id] = true
	}
	for _, org := range held {
		if !known[org] && !lookup.IsBook(org) {
			return true
		}
	}
	return false
}
