package replica

import (
	"context"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// planLife is how long a field plan is used before describe is asked again.
const planLife = time.Hour

// knownPlan is a field plan and when it was made.
type knownPlan struct {
	plan fieldPlan
	made time.Time
}

// plan is the field plan of the last good sync and whether it is still fresh.
func (r *Replica) plan(object string) (p fieldPlan, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.plans[object]
	return known.plan, ok && time.Since(known.made) < planLife
}

// rememberPlan keeps a plan whose records are all in the directory.
func (r *Replica) rememberPlan(p fieldPlan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plans[p.object] = knownPlan{plan: p, made: time.Now()}
}

// forgetPlan makes the next sync describe the object again; the old plan is
// still there to compare with.
func (r *Replica) forgetPlan(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.plans[object]
	known.made = time.Time{}
	r.plans[object] = known
}

// orgClock is a source that knows the org's clock; *salesforce.Client does.
type orgClock interface{ Limits() salesforce.Limits }

// maxSkew is how far the org's clock may be from ours to be believed.
const maxSkew = 2 * time.Minute

// serverTime is the org's clock as of its last reply. It is zero if it is
// unknown or far from this machine's clock: a proxy may have rewritten it, and
// believing a clock that is ahead would lose records.
func (r *Replica) serverTime() time.Time {
	c, ok := r.config.Client.(orgClock)
	if !ok {
		return time.Time{}
	}
	limits := c.Limits()
	if limits.Skew.Abs() > maxSkew {
		return time.Time{}
	}
	return limits.At
}

// settle notes that a query begun after the org's clock showed at has been
// committed: whatever is stamped before at less the overlap has been read.
func (r *Replica) settle(object string, at time.Time) {
	if at.IsZero() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settled[object] = at.Add(-r.config.Overlap)
}

// since is where the next query of changes begins: an overlap before the
// watermark, or later if a previous query has settled more. Without the latter
// a mass update would be read again every minute for as long as nothing else
// changes in the org.
func (r *Replica) since(object string, watermark time.Time) time.Time {
	since := watermark.Add(-r.config.Overlap)
	r.mu.Lock()
	defer r.mu.Unlock()
	if settled := r.settled[object]; settled.After(since) {
		return settled
	}
	return since
}

// recordCounter is a source that counts what the run-as user does not see;
// *salesforce.Client does.
type recordCounter interface {
	RecordCount(ctx context.Context, object string) (int, error)
}

// emptyLife is how long an object is taken for empty before the org is asked again.
const emptyLife = time.Hour

// empty reports whether the org says that it has no record of the object at
// all. What it does not say is not believed.
func (r *Replica) empty(ctx context.Context, object string) bool {
	c, ok := r.config.Client.(recordCounter)
	r.mu.Lock()
	known := time.Since(r.empties[object]) < emptyLife
	r.mu.Unlock()
	if !ok || known {
		return known
	}
	n, err := c.RecordCount(ctx, object)
	if err != nil || n > 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.empties[object] = time.Now()
	return true
}
