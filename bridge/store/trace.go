package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// Traces returns calls, living ones too, and why they popped or did not, the
// newest first.
func (s *Store) Traces(ctx context.Context, f bridge.TraceFilter) ([]bridge.JournalEntry, error) {
	query, args := traceQuery(&f)
	var out []bridge.JournalEntry
	err := s.view(ctx, func(tx *sql.Tx) (err error) { // at one moment: a call that ends is in one of the two
		if out, err = entries(ctx, tx, nil, notSecret(f.Fits)); err != nil {
			return err
		}
		ended, err := callsOf(ctx, tx, query, args...)
		out = append(out, ended...)
		return err
	})
	bridge.SortTraces(out)
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, inContext("traces", err)
}

// traceQuery writes a filter in SQL, as TraceFilter.Fits has it.
func traceQuery(f *bridge.TraceFilter) (query string, args []any) {
	where := []string{"1 = 1"}
	add := func(condition string, values ...any) {
		places := make([]any, len(values))
		for i := range values {
			places[i] = len(args) + i + 1
		}
		args = append(args, values...)
		where = append(where, fmt.Sprintf(condition, places...))
	}
	if !f.From.IsZero() {
		add("j.started >= $%d", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		add("j.started <= $%d", f.To.UnixMilli())
	}
	if f.Agent != "" {
		add("j.agent = $%d", string(f.Agent))
	}
	if f.Agents != nil {
		where = append(where, "j.agent IN ("+placeholders(len(args), len(f.Agents))+")")
		args = appendAll(args, f.Agents)
	}
	if f.Call != "" {
		add("j.id = $%d", string(f.Call))
	}
	if len(f.Numbers) > 0 {
		where = append(where, "j.number IN ("+placeholders(len(args), len(f.Numbers))+")")
		args = appendAll(args, f.Numbers)
	}
	if f.Outcome != "" {
		where = append(where, outcomeClause(f.Outcome))
	}
	if f.Popped != nil {
		add("j.popped = $%d", *f.Popped)
	}
	if c := f.After; c != (bridge.TraceCursor{}) {
		add("(j.started < $%d OR j.started = $%d AND j.id < $%d)", c.Started.UnixMilli(), c.Started.UnixMilli(), string(c.ID))
	}
	query = `SELECT ` + callColumns + ` FROM journal AS j WHERE ` + strings.Join(where, " AND ") + ` ORDER BY j.started DESC, j.id DESC`
	if f.Limit > 0 {
		args = append(args, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	return query, args
}

// outcomeClause is bridge.JournalEntry.Outcome in SQL. A call of an unknown
// outcome is none.
func outcomeClause(o bridge.Outcome) string {
	const (
		unanswered = "j.ended > 0 AND j.answered = 0"
		missed     = "j.reason IN ('abandoned', 'busy')"
		elsewhere  = "j.reason IN ('answeredElsewhere', 'diverted', 'transferred')"
	)
	switch o {
	case bridge.OutcomeLive:
		return "j.ended = 0"
	case bridge.OutcomeAnswered:
		return "j.ended > 0 AND j.answered > 0"
	case bridge.OutcomeMissed:
		return unanswered + " AND NOT j.outgoing AND " + missed
	case bridge.OutcomeElsewhere:
		return unanswered + " AND NOT j.outgoing AND " + elsewhere
	case bridge.OutcomeUnanswered:
		return unanswered + " AND (j.outgoing OR NOT (" + missed + " OR " + elsewhere + "))"
	}
	return "1 = 0"
}

func appendAll[T ~string](args []any, values []T) []any {
	for _, v := range values {
		args = append(args, string(v))
	}
	return args
}

// placeholders are n parameters after the first have.
func placeholders(have, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", have+i+1)
	}
	return strings.Join(list, ", ")
}
