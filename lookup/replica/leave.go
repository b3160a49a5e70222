package replica

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// What the org has and the mapping leaves out goes from the directory, at the run
// after the change: a record that no longer meets the where-clause, is called
// otherwise, is not among the newest; an object that is not copied any more. It
// leaves no tombstone: a change of the mapping brings it back as it is.
//
//	changes ─► sift: does it meet the where-clause? ─┬► Upsert
//	                                                 └► Leave
//	full run ─► unseen ones ─► keep what vanished? ─┬► Sweep
//	                                                └► does the org have it? ─► Leave

// leavingTarget is a target that tells what a full run has not seen, which records
// are the oldest and which objects it holds; *lookup.Directory does.
type leavingTarget interface {
	Unseen(ctx context.Context, org, object string, run int64) ([]string, error)
	Oldest(ctx context.Context, org, object string, n int) ([]string, error)
	Objects(ctx context.Context, org string) ([]string, error)
	Forget(ctx context.Context, org, object string) (removed int, err error)
}

// sift moves the records that do not meet the where-clause from those to be
// written to those that leave, where the batch has been read without it.
func (s *objectSync) sift(ctx context.Context, batch *lookup.Changes) error {
	if !s.unscoped || s.plan.where() == "" {
		return nil
	}
	meets := make(map[string]bool, len(batch.Upsert))
	for chunk := range slices.Chunk(batch.Upsert, companyChunk) {
		ids := make([]string, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].ID
		}
		if err := s.noteIDs(ctx, joinAnd(idIn("Id", ids), s.plan.where()), meets); err != nil {
			return err
		}
	}
	kept := batch.Upsert[:0]
	for i := range batch.Upsert {
		if r := &batch.Upsert[i]; meets[r.ID] {
			kept = append(kept, *r)
		} else {
			batch.Leave = append(batch.Leave, r.ID)
		}
	}
	batch.Upsert = kept
	return nil
}

// noteIDs notes the ids, of 18 characters, of the records that meet a condition.
func (s *objectSync) noteIDs(ctx context.Context, where string, found map[string]bool) error {
	for row, err := range s.replica.config.Client.Query(ctx, "SELECT Id FROM "+s.object+whereClause(where)) {
		if err != nil {
			return err
		}
		id, err := salesforce.NormalizeID(row.ID())
		if err != nil {
			return &salesforce.Error{Op: "query " + s.object, Code: "BAD_RECORD", Message: "a record came without a usable Id"}
		}
		found[id] = true
	}
	return nil
}

// sweep removes what a full run has not seen. Where vanished records are kept,
// those go that the org still has, which the mapping leaves out; and all of them
// if another selection was read before, as nobody can tell which one a vanished
// record would be of.
func (s *objectSync) sweep(ctx context.Context) (removed, kept int, err error) {
	d := s.replica.config.Directory
	target, ok := d.(leavingTarget)
	if was := selectionOf(s.reading); !ok || !s.plan.keeps() || was != "" && was != s.plan.selection() {
		removed, err = d.Sweep(ctx, s.org, s.object, s.mark)
		return removed, 0, err
	}
	unseen, err := target.Unseen(ctx, s.org, s.object, s.mark)
	if err != nil {
		return 0, 0, err
	}
	there := map[string]bool{}
	for chunk := range slices.Chunk(unseen, companyChunk) {
		if err := s.noteIDs(ctx, idIn("Id", chunk), there); err != nil {
			return 0, 0, err
		}
	}
	leave := slices.DeleteFunc(slices.Clone(unseen), func(id string) bool { return !there[id] })
	if len(leave) > 0 {
		err = d.Apply(ctx, lookup.Changes{Org: s.org, Object: s.object, Leave: leave})
	}
	return len(leave), len(unseen) - len(leave), err
}

// atMost is how many of n records the mapping takes.
func (s *objectSync) atMost(n int) int {
	if limit := s.plan.config.Limit; limit > 0 {
		return min(n, limit)
	}
	return n
}

// trim removes the oldest records above the mapping's limit.
func (s *objectSync) trim(ctx context.Context) error {
	limit := s.plan.config.Limit
	target, ok := s.replica.config.Directory.(leavingTarget)
	if !ok || limit <= 0 || s.request.Limit > 0 || s.request.DryRun {
		return nil
	}
	held, err := s.replica.config.Directory.Count(ctx, s.org, s.object)
	if err != nil || held <= limit {
		return err
	}
	ids, err := target.Oldest(ctx, s.org, s.object, held-limit)
	if err != nil || len(ids) == 0 {
		return err
	}
	s.result.Removed += len(ids)
	return s.replica.config.Directory.Apply(ctx, lookup.Changes{Org: s.org, Object: s.object, Leave: ids})
}

// newest reads the newest records in full, as many as the mapping takes.
func (s *objectSync) newest(ctx context.Context) error {
	var at time.Time
	last := ""
	for restarts := 0; ; restarts++ {
		where := s.plan.scope()
		if last != "" {
			stamp := salesforce.FormatTime(at)
			where = joinAnd(where, "(SystemModstamp < "+stamp+" OR (SystemModstamp = "+stamp+" AND Id < "+salesforce.QuoteString(last)+"))")
		}
		soql := s.soql(where, "SystemModstamp DESC, Id DESC")
		if s.request.Limit == 0 {
			soql += fmt.Sprintf(" LIMIT %d", s.plan.config.Limit-s.result.Read)
		}
		err := s.readAhead(ctx, s.replica.config.Client.Query(ctx, soql), func(row salesforce.Record) { at, last = row.Time("SystemModstamp"), row.ID() })
		if !errors.Is(err, salesforce.ErrQueryLocator) || restarts >= maxRestarts || s.result.Read >= s.plan.config.Limit {
			return err
		}
	}
}

// retire removes the records of objects that are not copied any more. It is done
// once: a replica's configuration does not change.
func (r *Replica) retire(ctx context.Context, org string) (removed int, err error) {
	target, ok := r.config.Directory.(leavingTarget)
	if !ok || r.retired {
		return 0, nil
	}
	held, err := target.Objects(ctx, org)
	if err != nil {
		return 0, err
	}
	for _, object := range held {
		if _, copied := lookup.ObjectNamed(r.objects, object); copied {
			continue
		}
		n, err := target.Forget(ctx, org, object)
		if err != nil {
			return removed, fmt.Errorf("replica: remove %s: %w", object, err)
		}
		removed += n
		r.log.InfoContext(ctx, "records of an object that is not copied any more removed", "org", org, "object", object, "removed", n)
	}
	r.retired = true
	return removed, nil
}
