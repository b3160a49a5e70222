package replica

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// hintQuery reads some of what is hinted at.
type hintQuery struct {
	object string
	plan   fieldPlan
	ids    []string // of records that are hinted at
	soql   string
	scoped bool // only records that are to be copied are asked for
}

// readHints reads what waits, and users where that costs no further call.
func (r *Replica) readHints(ctx context.Context) {
	h, u := &r.hints, &r.users
	if !h.reading.enter(ctx) {
		return
	}
	defer h.reading.leave()
	taken, given := h.take()
	defer h.finish(given)
	queries := r.hintQueries(ctx, taken)
	var users userQuery
	if room := salesforce.CallBatch - len(queries)%salesforce.CallBatch; len(queries) > 0 && u.turn.try() {
		defer u.turn.leave()
		if users = r.usersQuery(); len(users.soqls) > room || room == salesforce.CallBatch {
			users = userQuery{}
		}
	}
	if err := r.readTogether(ctx, queries, users); err != nil && ctx.Err() == nil {
		r.log.LogAttrs(ctx, slog.LevelWarn, "users could not be read", slog.Any("err", err))
	}
}

// hintQueries are the queries for what is hinted at, as far as the budget goes.
func (r *Replica) hintQueries(ctx context.Context, taken hintedIDs) (all []hintQuery) {
	for _, o := range r.objects {
		ids := taken.objects[o.Object]
		plan, _ := r.plan(o.Object)
		var accounts []string
		if o.Object != lookup.ObjectAccount && len(plan.references) > 0 {
			accounts = taken.companies
		}
		if plan.object == "" {
			r.hints.note(o.Object, 0, len(ids)) // the first sync brings them
			continue
		}
		for len(ids)+len(accounts) > 0 {
			if !r.hints.spend(r.config.HintBudget) {
				r.leaveHints(ctx, o.Object, len(ids), ErrHintBudget)
				break
			}
			q := hintQuery{object: o.Object, plan: plan}
			ids, accounts = q.take(ids, accounts)
			all = append(all, q)
		}
	}
	return all
}

// take asks for some records and for those of some accounts: for both at once
// where a where-clause does not part them.
func (q *hintQuery) take(ids, accounts []string) (moreIDs, moreAccounts []string) {
	var where string
	if n := min(len(ids), hintChunk); n > 0 {
		q.ids, ids = ids[:n], ids[n:]
		where = idIn("Id", q.ids)
	}
	scope := q.plan.scope()
	if n := min(len(accounts), hintChunk); n > 0 && (where == "" || scope == "") {
		q.scoped = where == ""
		for _, reference := range q.plan.references {
			where = joinOr(where, idIn(reference, accounts[:n]))
		}
		accounts = accounts[n:]
		if q.scoped {
			where = joinAnd(scope, inBrackets(where))
		}
	}
	s := objectSync{object: q.object, plan: q.plan}
	q.soql = s.soql(where, "Id")
	return ids, accounts
}

func inBrackets(condition string) string { return "(" + condition + ")" }

// leaveHints leaves records to the next sync.
func (r *Replica) leaveHints(ctx context.Context, object string, n int, err error) {
	r.hints.note(object, 0, n)
	if ctx.Err() != nil {
		return
	}
	r.noteMissed(object)
	r.log.LogAttrs(ctx, slog.LevelWarn, "records hinted at come with the next sync",
		slog.String("object", object), slog.Any("err", err))
}

// readTogether reads what is hinted at and users, if they are asked for, in as few
// calls as can be. Its error is about the users.
func (r *Replica) readTogether(ctx context.Context, queries []hintQuery, users userQuery) error {
	var soqls []string
	for _, q := range queries {
		soqls = append(soqls, q.soql)
	}
	first, rest := users.soqls, soqls
	for len(first)+len(rest) > 0 {
		n := min(salesforce.MaxBatch-len(first), len(rest))
		rows, err := r.askTogether(ctx, slices.Concat(first, rest[:n]))
		for _, q := range queries[:n] {
			if err == nil {
				r.readHinted(ctx, q, rows)
			} else {
				r.leaveHints(ctx, q.object, len(q.ids), err)
			}
		}
		if err == nil && len(first) > 0 {
			err = r.copyUsers(ctx, rows, users)
		}
		if err != nil && len(first) > 0 {
			return err
		}
		first, rest, queries = nil, rest[n:], queries[n:]
	}
	return nil
}

// askTogether asks queries in one request where the org answers such, else one by
// one as they are read.
func (r *Replica) askTogether(ctx context.Context, soqls []string) (queryFunc, error) {
	source, ok := r.config.Client.(batchSource)
	if !ok || len(soqls) < 2 || r.users.noBatch.Load() {
		return r.config.Client.QueryAll, nil
	}
	each, err := source.QueryAllEach(ctx, soqls)
	if refusesBatches(err) {
		r.users.noBatch.Store(true) // until the next start: some calls more
		return r.config.Client.QueryAll, nil
	}
	return func(_ context.Context, soql string) iter.Seq2[salesforce.Record, error] {
		return each[slices.Index(soqls, soql)]
	}, err
}

// readHinted takes the answer to one query to the directory.
func (r *Replica) readHinted(ctx context.Context, q hintQuery, rows queryFunc) {
	org, err := r.checkOrg(ctx) // never the records of another
	if err == nil {
		s := r.beside(org, q.plan)
		s.unscoped = !q.scoped
		err = s.read(ctx, rows(ctx, q.soql), func(salesforce.Record) {})
	}
	if err != nil {
		r.leaveHints(ctx, q.object, len(q.ids), fmt.Errorf("replica: hint: %w", err))
		return
	}
	r.hints.note(q.object, len(q.ids), 0)
}

// beside reads a few records of an object, whatever sync runs.
func (r *Replica) beside(org string, plan fieldPlan) *objectSync {
	return &objectSync{replica: r, org: org, object: plan.object, plan: plan, open: r.openNow(plan.object), beside: true}
}
