package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/store"
)

// lateAfter is how long a call activity may wait before check speaks of it:
// longer than an agent may take to choose a record.
const lateAfter = 15 * time.Minute

// outboxStatuses tells how the activities of each org stand: of the configured
// ones, and of others that something waits for.
func outboxStatuses(ctx context.Context, s *store.Store, all *orgs) ([]bridge.OutboxStatus, error) {
	waiting, err := s.OutboxStatuses(ctx)
	if err != nil {
		return nil, err
	}
	running, _ := all.named("")
	for _, r := range running {
		i := slices.IndexFunc(waiting, func(st bridge.OutboxStatus) bool { return st.Org == r.config.ID })
		if i < 0 {
			i = len(waiting)
			waiting = append(waiting, bridge.OutboxStatus{Org: r.config.ID})
		}
		switch {
		case r.writer != nil:
			r.writer.Tell(&waiting[i])
		case r.fault != nil && waiting[i].Waiting > 0:
			waiting[i].Problem, waiting[i].Cure = r.fault.Error(), orgCure(r.fault)
		}
	}
	for i := range waiting {
		if st := &waiting[i]; !slices.ContainsFunc(running, func(r *runningOrg) bool { return r.config.ID == st.Org }) {
			st.Problem = "the org is not configured any more"
			st.Cure = "Add the org again, and they are written; else they are given up 30 days after the call."
		}
	}
	return waiting, nil
}

// activityFindings says how many activities wait, and why.
func activityFindings(ctx context.Context, s *store.Store, all *orgs, doc bridge.Document) []Finding {
	statuses, err := outboxStatuses(ctx, s, all)
	if err != nil {
		return []Finding{{LevelProblem, "call activities", err.Error(), ""}}
	}
	var out []Finding
	for _, st := range statuses {
		subject := "call activities of org " + orgName(doc, st.Org)
		f := Finding{LevelOK, subject, "none waits", st.Cure}
		if st.Waiting > 0 {
			f.Text = fmt.Sprintf("%d wait to be written", st.Waiting)
		}
		switch {
		case st.Problem != "" && st.Waiting > 0:
			f.Level, f.Text = LevelProblem, f.Text+": "+st.Problem
		case st.Problem != "":
			f.Level, f.Text = LevelWarning, st.Problem
		case !st.Oldest.IsZero() && time.Since(st.Oldest) > lateAfter && st.Unowned < st.Waiting:
			f.Level, f.Text = LevelWarning, fmt.Sprintf("%s, the oldest since %s", f.Text, st.Oldest.UTC().Format(time.RFC3339))
		}
		out = append(out, f)
		if st.Unowned > 0 {
			out = append(out, Finding{
				LevelWarning, subject, fmt.Sprintf("%d wait for agents who have never signed in: their Salesforce users are not known", st.Unowned),
				"Let these agents open the panel in Salesforce once, or set salesforceUser.",
			})
		}
		if st.GivenUp > 0 {
			out = append(out, Finding{
				LevelProblem, subject, fmt.Sprintf("%d were given up, the last ones less than a week ago: they had waited for 30 days, or were the oldest of more than 2,000,000", st.GivenUp),
				"They will not be in Salesforce; the journal has the calls. Cure what the waiting ones say, so that no more are lost.",
			})
		}
		for _, w := range st.Warnings {
			out = append(out, Finding{LevelWarning, subject, w, ""})
		}
	}
	return out
}

func orgName(doc bridge.Document, id string) string {
	for _, o := range doc.Orgs {
		if o.ID == id {
			return o.Name
		}
	}
	return id
}

// ActivityStatuses tells how the writing of call activities stands.
func (b backend) ActivityStatuses(ctx context.Context) ([]bridge.OutboxStatus, error) {
	return outboxStatuses(ctx, b.Store, b.d.orgs)
}

// collectWithin bounds the reading of what waits, for metrics.
const collectWithin = 2 * time.Second

func collectActivities(d *Daemon, out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectWithin)
	defer cancel()
	statuses, err := outboxStatuses(ctx, d.data.store, d.orgs)
	if err != nil {
		return
	}
	for _, st := range statuses {
		for state, n := range map[string]int{"due": st.Waiting - st.Unowned - st.Failing, "unowned": st.Unowned, "failing": st.Failing} {
			out <- prometheus.MustNewConstMetric(activities, prometheus.GaugeValue, float64(max(n, 0)), st.Org, state)
		}
		out <- prometheus.MustNewConstMetric(activitiesGivenUp, prometheus.GaugeValue, float64(st.GivenUp), st.Org)
	}
}
