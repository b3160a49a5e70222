package outbox

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// job is an entry that is sent, with the fields that it will have.
type job struct {
	*bridge.OutboxEntry
	row  map[string]any // nil to delete
	wish string         // the fields as a whole, JSON
}

// create writes Tasks that are not there yet. Each is noted as tried before it is
// sent, and as there when the org has said so; in between lies the doubt.
func (w *Writer) create(ctx context.Context, entries []*bridge.OutboxEntry) error {
	var jobs []job
	var claims []bridge.OutboxClaim
	for _, e := range entries {
		fields := w.form.fields(e)
		j := job{OutboxEntry: e, row: maps.Clone(fields), wish: textOf(fields)}
		maps.DeleteFunc(j.row, func(_ string, v any) bool { return v == "" })
		jobs = append(jobs, j)
		claims = append(claims, bridge.OutboxClaim{ID: e.ID, Version: e.Version, Sent: j.wish})
	}
	if len(jobs) == 0 {
		return nil
	}
	at := time.Now()
	claimed, err := w.o.Box.ClaimActivities(ctx, claims, at)
	if err != nil {
		return err
	}
	// What changed since it was read is due again.
	jobs = slices.DeleteFunc(jobs, func(j job) bool { return !slices.Contains(claimed, j.ID) })
	return w.exchange(ctx, jobs, true, func(ctx context.Context, jobs []job) ([]salesforce.Written, error) {
		return w.o.Client.Create(ctx, "Task", rowsOf(jobs))
	})
}

func rowsOf(jobs []job) []map[string]any {
	rows := make([]map[string]any, len(jobs))
	for i := range jobs {
		rows[i] = jobs[i].row
	}
	return rows
}

// update changes what is wanted otherwise than it was sent last: what somebody
// changed in the org meanwhile stays as it is.
func (w *Writer) update(ctx context.Context, entries []*bridge.OutboxEntry) error {
	var jobs []job
	var same []bridge.OutboxOutcome
	for _, e := range entries {
		fields := w.form.fields(e)
		j := job{OutboxEntry: e, row: w.difference(e.Sent, fields), wish: textOf(fields)}
		if len(j.row) == 0 {
			same = append(same, j.done(e.Task))
			continue
		}
		j.row["Id"] = e.Task
		jobs = append(jobs, j)
	}
	if err := w.settle(ctx, same); err != nil {
		return err
	}
	return w.exchange(ctx, jobs, false, func(ctx context.Context, jobs []job) ([]salesforce.Written, error) {
		return w.o.Client.Update(ctx, "Task", rowsOf(jobs))
	})
}

// remove deletes Tasks.
func (w *Writer) remove(ctx context.Context, entries []*bridge.OutboxEntry) error {
	jobs := make([]job, len(entries))
	for i, e := range entries {
		jobs[i] = job{OutboxEntry: e}
	}
	return w.exchange(ctx, jobs, false, func(ctx context.Context, jobs []job) ([]salesforce.Written, error) {
		ids := make([]string, len(jobs))
		for i := range jobs {
			ids[i] = jobs[i].Task
		}
		return w.o.Client.Delete(ctx, "Task", ids)
	})
}

// difference is what has to be changed in a Task; null is nil.
func (w *Writer) difference(sent string, fields map[string]any) map[string]any {
	before := make(map[string]any)
	_ = json.Unmarshal([]byte(sent), &before) // nothing was sent: all differs
	row := make(map[string]any)
	for name, value := range fields {
		field, _ := w.form.task.Field(name)
		if n, ok := value.(int); ok {
			value = float64(n) // as JSON has it
		}
		old, had := before[name]
		switch {
		case !field.Updateable || reflect.DeepEqual(old, value) || !had && value == "":
		case value == "":
			row[name] = nil
		default:
			row[name] = value
		}
	}
	return row
}

// exchange sends jobs and notes what came of each. A request that is refused as a
// whole is cut into its rows: one of them may have spoiled it for the others.
// Where once holds they must not be sent twice.
func (w *Writer) exchange(ctx context.Context, jobs []job, once bool, send func(context.Context, []job) ([]salesforce.Written, error)) error {
	if len(jobs) == 0 {
		return nil
	}
	request, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	answers, err := send(request, jobs)
	switch {
	case err == nil:
		return w.settle(ctx, w.outcomes(jobs, answers))
	case spoiled(err) && len(jobs) == 1:
		return w.settle(ctx, w.outcomes(jobs, []salesforce.Written{{Err: refusalOf(err)}}))
	case spoiled(err):
		for i := range jobs {
			if err := w.exchange(ctx, jobs[i:i+1], once, send); err != nil {
				return err
			}
		}
		return nil
	}
	w.o.Stats.Failed.Add(1)
	if !once || salesforce.Ambiguous(err) {
		return err // what was claimed stays so: it is doubtful
	}
	undone := make([]bridge.OutboxOutcome, len(jobs))
	for i := range jobs {
		undone[i] = outcomeOf(jobs[i].OutboxEntry)
		undone[i].Next = time.Now()
	}
	if settled := w.settle(ctx, undone); settled != nil {
		return settled
	}
	return err
}

// outcomes are what became of jobs by the org's answers.
func (w *Writer) outcomes(jobs []job, answers []salesforce.Written) []bridge.OutboxOutcome {
	out := make([]bridge.OutboxOutcome, len(jobs))
	for i := range jobs {
		if answers[i].Err == nil {
			out[i] = jobs[i].done(answers[i].ID)
			w.o.Stats.Written.Add(1)
			continue
		}
		w.o.Stats.Failed.Add(1)
		out[i] = w.refused(jobs[i].OutboxEntry, answers[i].Err)
	}
	return out
}

// done is the outcome of what is written as wanted.
func (j *job) done(task string) bridge.OutboxOutcome {
	o := outcomeOf(j.OutboxEntry)
	o.Task, o.Sent, o.Tried, o.Attempts, o.Gone = task, j.wish, time.Time{}, 0, j.Deleting
	return o
}

func textOf(fields map[string]any) string {
	text, _ := json.Marshal(fields) // texts and numbers: it cannot fail
	return string(text)
}
