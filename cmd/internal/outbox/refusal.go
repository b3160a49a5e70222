package outbox

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// refused decides what to do about a Task that the org did not take.
func (w *Writer) refused(e *bridge.OutboxEntry, why *salesforce.Error) bridge.OutboxOutcome {
	o := outcomeOf(e)
	if o.Tried, o.Attempts = (time.Time{}), e.Attempts+1; e.Task == "" {
		o.Sent = ""
	}
	now := time.Now()
	switch why.Remedy() {
	case salesforce.RemedyGone:
		// Somebody deleted it in Salesforce, and it stays deleted.
		o.Gone, o.Attempts = e.Deleting, 0
		return o
	case salesforce.RemedyDropLink:
		if drop := blamed(e, why); len(drop) > 0 {
			o.Without, o.Attempts, o.Next = append(slices.Clone(e.Without), drop...), 0, now
			w.log.Warn("a call activity is written without what Salesforce refuses", "call_id", e.ID, "cause", why.Code)
			return o
		}
	case salesforce.RemedyDescribe:
		w.described = time.Time{}
	default:
	}
	o.Next = now.Add(w.timing.backoff(o.Attempts))
	if why.Remedy() == salesforce.RemedyWait {
		o.Next = now.Add(max(w.timing.backoff(o.Attempts), w.timing.cured))
	}
	o.Problem, o.Cure = why.Error(), why.Cure()
	w.log.Warn("Salesforce refuses a call activity", "call_id", e.ID, "cause", why.Code, "attempt", o.Attempts)
	return o
}

// blamed are the references to leave out: those that Salesforce names, else the
// records, and last the owner, which makes the run-as user the owner.
func blamed(e *bridge.OutboxEntry, why *salesforce.Error) []string {
	left := slices.DeleteFunc([]string{"WhoId", "WhatId", "OwnerId"}, func(n string) bool { return slices.Contains(e.Without, n) })
	if named := why.BlamedFields(left...); len(named) > 0 {
		return named
	}
	if records := slices.DeleteFunc(slices.Clone(left), func(n string) bool { return n == "OwnerId" }); len(records) > 0 {
		return records
	}
	return left
}

// spoiled reports a request refused for what stands in it, not for the org's or
// the user's state.
func spoiled(err error) bool {
	var e *salesforce.Error
	return errors.As(err, &e) && e.Status == http.StatusBadRequest && !e.Temporary() && !salesforce.Ambiguous(err) &&
		!errors.Is(err, salesforce.ErrLimit) && e.Op != "sign in"
}

func refusalOf(err error) *salesforce.Error {
	var e *salesforce.Error
	errors.As(err, &e)
	return e
}
