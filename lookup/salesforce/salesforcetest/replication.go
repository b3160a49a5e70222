package salesforcetest

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// How far back the org tells of changes, and how many of them at once.
const (
	updatedDays   = 30
	deletedDays   = 15
	replicatedIDs = 600_000
)

// serveUpdated lists what was created or changed in a time (getUpdated).
func (o *Org) serveUpdated(w http.ResponseWriter, r *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	ids := []string{}
	until, err := o.replicated(r, updatedDays, func(one *row) {
		if !one.deleted() {
			ids = append(ids, one.get(atID))
		}
	})
	if err != nil {
		return err
	}
	if len(ids) > replicatedIDs {
		return apiError(400, "EXCEEDED_ID_LIMIT", "more than 600,000 records have changed in that time")
	}
	writeJSON(w, 200, map[string]any{"ids": ids, "latestDateCovered": apiTime(until.Format(timeLayout))})
	return nil
}

// serveDeleted lists what was deleted in a time (getDeleted).
func (o *Org) serveDeleted(w http.ResponseWriter, r *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := []any{}
	until, err := o.replicated(r, deletedDays, func(one *row) {
		if one.deleted() {
			list = append(list, map[string]string{"id": one.get(atID), "deletedDate": apiTime(one.get(atStamp))})
		}
	})
	if err != nil {
		return err
	}
	writeJSON(w, 200, map[string]any{
		"deletedRecords": list, "latestDateCovered": apiTime(until.Format(timeLayout)),
		"earliestDateAvailable": apiTime(o.options.Now().UTC().AddDate(0, 0, -deletedDays).Truncate(time.Minute).Format(timeLayout)),
	})
	return nil
}

// replicated calls f with what was touched in the time that a request names. As in
// Salesforce seconds do not count, and the time has to be over a minute long.
func (o *Org) replicated(r *http.Request, days int, f func(*row)) (until time.Time, err error) {
	t, ok := o.table(r.PathValue("object"))
	if !ok {
		return until, apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	q := r.URL.Query()
	start, err := queryTime(q, "start")
	if err != nil {
		return until, err
	}
	if until, err = queryTime(q, "end"); err != nil {
		return until, err
	}
	switch {
	case start.Before(o.options.Now().AddDate(0, 0, -days)):
		return until, apiError(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
	case until.Sub(start) < time.Minute:
		return until, apiError(400, "INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate")
	}
	from, to := start.Format(timeLayout), until.Format(timeLayout)
	for _, one := range t.rows {
		if stamp := one.get(atStamp); !one.pending && stamp >= from && stamp < to {
			f(one)
		}
	}
	return until, nil
}

func queryTime(q url.Values, name string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, q.Get(name))
	if err != nil {
		at, err = salesforce.ParseTime(q.Get(name))
	}
	if err != nil {
		return time.Time{}, apiError(400, "INVALID_REPLICATION_DATE", "Invalid value for parameter "+name+": "+q.Get(name))
	}
	return at.UTC().Truncate(time.Minute), nil
}

// apiTime is a stored time as JSON has it.
func apiTime(stored string) string { return strings.TrimSuffix(stored, "Z") + "+0000" }
