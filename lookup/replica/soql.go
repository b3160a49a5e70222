package replica

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// countOrg counts what is in scope and meets the condition, if there is one.
func (s *objectSync) countOrg(ctx context.Context, condition string) (int, error) {
	where := joinAnd(s.plan.scope(), condition)
	return s.replica.config.Client.Count(ctx, "SELECT COUNT() FROM "+s.object+whereClause(where))
}

func newestSOQL(object string) string {
	return "SELECT Id, SystemModstamp FROM " + object + " ORDER BY SystemModstamp DESC LIMIT 1"
}

// newestStamp is the watermark of what exists now, zero if nothing is visible.
func (s *objectSync) newestStamp(ctx context.Context) (time.Time, error) {
	for row, err := range s.replica.queryAll(ctx, newestSOQL(s.object)) {
		return row.Time("SystemModstamp"), err
	}
	return time.Time{}, nil
}

func (s *objectSync) soql(where, order string) string {
	q := s.selectAll() + whereClause(where) + " ORDER BY " + order
	if s.request.Limit > 0 {
		q += fmt.Sprintf(" LIMIT %d", s.request.Limit-s.result.Read)
	}
	return q
}

func (s *objectSync) selectAll() string {
	return "SELECT " + strings.Join(s.plan.names, ", ") + " FROM " + s.object
}

func whereClause(condition string) string {
	if condition == "" {
		return ""
	}
	return " WHERE " + condition
}

func joinAnd(a, b string) string { return joined(a, " AND ", b) }

func joinOr(a, b string) string { return joined(a, " OR ", b) }

// joined are two conditions, of which either may be empty.
func joined(a, word, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + word + b
}
