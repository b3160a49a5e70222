package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// batch is what is due, by what has to be done.
type batch struct {
	doubtful []*bridge.OutboxEntry
	creates  []*bridge.OutboxEntry
	updates  []*bridge.OutboxEntry
	deletes  []*bridge.OutboxEntry
	outcomes []bridge.OutboxOutcome // of what needs nothing done
}

// sort files an entry. Doubtful ones have to wait for a while.
func (b *batch) sort(e *bridge.OutboxEntry, now time.Time, doubt time.Duration) {
	switch {
	case e.Task == "" && !e.Tried.IsZero() && now.Sub(e.Tried) < doubt:
		o := outcomeOf(e)
		o.Next = e.Tried.Add(doubt)
		o.Problem, o.Cure = "Salesforce did not say whether the activity was written.", "The bridge asks for it in a minute."
		b.outcomes = append(b.outcomes, o)
	case e.Task == "" && !e.Tried.IsZero():
		b.doubtful = append(b.doubtful, e)
	default:
		b.file(e)
	}
}

// file files an entry of which it is known whether there is a Task.
func (b *batch) file(e *bridge.OutboxEntry) {
	switch {
	case e.Deleting && e.Task == "":
		o := outcomeOf(e)
		o.Gone = true
		b.outcomes = append(b.outcomes, o)
	case e.Deleting:
		b.deletes = append(b.deletes, e)
	case e.Task == "":
		b.creates = append(b.creates, e)
	default:
		b.updates = append(b.updates, e)
	}
}

// outcomeOf is the outcome that changes nothing of an entry.
func outcomeOf(e *bridge.OutboxEntry) bridge.OutboxOutcome {
	return bridge.OutboxOutcome{
		ID: e.ID, Version: e.Version, Task: e.Task, Sent: e.Sent, Tried: e.Tried, Without: e.Without, Attempts: e.Attempts,
	}
}

// clear asks the org which of the doubtful entries have a Task. Should one have
// several, all but the first are deleted: they are ours, by their CallObject.
func (w *Writer) clear(ctx context.Context, b *batch) error {
	if len(b.doubtful) == 0 {
		return nil
	}
	names := make([]string, len(b.doubtful))
	since := b.doubtful[0].Tried
	for i, e := range b.doubtful {
		names[i] = salesforce.QuoteString(e.ID)
		for _, at := range []time.Time{e.Tried, e.Activity.Ended} {
			if at.Before(since) && !at.IsZero() {
				since = at
			}
		}
	}
	// A day before, as the clocks may differ.
	soql := fmt.Sprintf("SELECT Id, CallObject FROM Task WHERE CallObject IN (%s) AND CreatedDate >= %s ORDER BY CreatedDate, Id",
		strings.Join(names, ", "), salesforce.FormatTime(since.Add(-24*time.Hour)))
	tasks := make(map[string][]string)
	for r, err := range w.o.Client.Query(ctx, soql) {
		if err != nil {
			return err
		}
		id, err := salesforce.NormalizeID(r.ID())
		if err != nil {
			return fmt.Errorf("outbox: a Task has no usable id: %w", err)
		}
		tasks[r.String("CallObject")] = append(tasks[r.String("CallObject")], id)
	}
	var twice []string
	for _, e := range b.doubtful {
		e.Tried = time.Time{}
		if found := tasks[e.ID]; len(found) > 0 {
			e.Task = found[0]
			twice = append(twice, found[1:]...)
		} else {
			e.Sent = ""
		}
		b.file(e)
	}
	if len(twice) == 0 {
		return nil
	}
	w.log.Warn("call activities were there twice, one of each is deleted", "attempt", len(twice))
	_, err := w.o.Client.Delete(ctx, "Task", twice[:min(len(twice), salesforce.MaxRows)])
	return err
}

// findPersons asks which of the batch's accounts are persons: their Tasks belong
// to the contact that such an account has.
func (w *Writer) findPersons(ctx context.Context, b *batch) error {
	clear(w.form.persons)
	if !w.form.personAccounts {
		return nil
	}
	var ids []string
	for _, list := range [][]*bridge.OutboxEntry{b.creates, b.updates} {
		for _, e := range list {
			for _, id := range e.Activity.Accounts() {
				ids = append(ids, salesforce.QuoteString(id))
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	soql := "SELECT Id, PersonContactId FROM Account WHERE IsPersonAccount = true AND Id IN (" + strings.Join(ids, ", ") + ")"
	for r, err := range w.o.Client.Query(ctx, soql) {
		if err != nil {
			return err
		}
		id, err := salesforce.NormalizeID(r.ID())
		if err == nil {
			w.form.persons[id] = r.String("PersonContactId")
		}
	}
	return nil
}
