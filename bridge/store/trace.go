package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// Traces returns calls, living ones too, and why they popped or did not, the
// newest first.
func (s *Store) Traces(ctx context.Context, f bridge.TraceFilter) ([]bridge.JournalEntry, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
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
	if f.Call != "" {
		add("j.id = $%d", string(f.Call))
	}
	if len(f.Numbers) > 0 {
		where = append(where, "j.number IN ("+placeholders(len(args), len(f.Numbers))+")")
		for _, n := range f.Numbers {
			args = append(args, n)
		}
	}
	query := `SELECT ` + callColumns + ` FROM journal AS j WHERE ` + strings.Join(where, " AND ") + ` ORDER BY j.started DESC, j.id DESC`
	if f.Limit > 0 {
		args = append(args, f.Limit)
		query += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	out, err := callsOf(ctx, s.read, query, args...)
	out = append(out, s.living.entries(func(e *bridge.JournalEntry) bool { return inTrace(&f, e) })...)
	slices.SortFunc(out, func(a, b bridge.JournalEntry) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, inContext("traces", err)
}

// inTrace is the query's condition for a call that lives.
func inTrace(f *bridge.TraceFilter, e *bridge.JournalEntry) bool {
	return (f.From.IsZero() || !e.Started.Before(f.From)) && (f.To.IsZero() || !e.Started.After(f.To)) &&
		(f.Agent == "" || e.Agent == f.Agent) && (f.Call == "" || e.ID == f.Call) &&
		(len(f.Numbers) == 0 || slices.Contains(f.Numbers, e.Number))
}

// placeholders are n parameters after the first have.
func placeholders(have, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", have+i+1)
	}
	return strings.Join(list, ", ")
}
