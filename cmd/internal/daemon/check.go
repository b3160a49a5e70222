package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/admin"
)

// Level is how much a finding matters.
type Level string

// The levels. A problem makes `check` fail, a warning does not.
const (
	LevelOK      Level = "ok"
	LevelWarning Level = "warning"
	LevelProblem Level = "problem"
)

// Finding is one thing that works or does not, and what to do.
type Finding struct {
	Level   Level  `json:"level"`
	Subject string `json:"subject"` // "link main", "org Example", "agent ada@example.com"
	Text    string `json:"text"`
	Cure    string `json:"cure,omitempty"`
}

// settleWithin is how long check waits for links that are still connecting.
const settleWithin = 5 * time.Second

// findings checks the running bridge.
func (d *Daemon) findings(ctx context.Context) []Finding {
	return findings(ctx, d.data, d.orgs, d.switches)
}

// checkStopped checks without a running bridge: links are opened for as long
// as it takes to see how they do.
func checkStopped(ctx context.Context, data *data, all *orgs, log *slog.Logger) []Finding {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan pbx.Event, eventQueue)
	sw := &switches{events: events, log: log, running: make(map[string]*runningLink), open: func(c pbx.LinkConfig) (pbx.Link, error) {
		return openLink(c, log, nil)
	}}
	doc, err := data.store.Document(ctx)
	if err != nil {
		return []Finding{{LevelProblem, "configuration", err.Error(), "Restore the data folder from a backup."}}
	}
	b := bridge.New(bridge.Options{Directory: data.directory, Bindings: data.store, Logger: log})
	done := make(chan struct{})
	go func() { b.Run(ctx, events); close(done) }()
	b.Configure(bridge.Roster{
		Agents: doc.Agents, Groups: doc.Groups, Switches: sw.apply(ctx, doc.Links),
		Sandboxes: sandboxes(doc.Orgs), Exclusions: doc.Exclusions,
	})
	out := findings(ctx, data, all, sw)
	sw.stopAll()
	cancel()
	<-done
	return append(out, Finding{LevelWarning, "bridge", "It is not running.", "Start it with ctibridge serve."})
}

func findings(ctx context.Context, data *data, all *orgs, sw *switches) []Finding {
	statuses := settled(ctx, sw)
	out := linkFindings(statuses)
	out = append(out, orgFindings(ctx, all)...)
	doc, err := data.store.Document(ctx)
	if err != nil {
		return append(out, Finding{LevelProblem, "configuration", err.Error(), ""})
	}
	out = append(out, agentFindings(doc)...)
	out = append(out, activityFindings(ctx, data.store, all, doc)...)
	if admins, err := data.store.Administrators(ctx); err == nil && len(admins) == 0 {
		out = append(out, Finding{LevelWarning, "panel", "Nobody can sign in to the panel.", "Run ctibridge admin create-user NAME."})
	}
	return out
}

// settled waits a little for links that have only just been opened.
func settled(ctx context.Context, sw *switches) []admin.LinkStatus {
	until := time.NewTimer(settleWithin)
	defer until.Stop()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		statuses, busy := sw.statuses(), false
		for _, s := range statuses {
			busy = busy || s.State == pbx.LinkConnecting || s.State == pbx.LinkConnected && s.Active+len(s.Refused) < s.Watched
		}
		if !busy {
			return statuses
		}
		select {
		case <-ctx.Done():
			return statuses
		case <-until.C:
			return statuses
		case <-poll.C:
		}
	}
}

func linkFindings(statuses []admin.LinkStatus) []Finding {
	if len(statuses) == 0 {
		return []Finding{{LevelProblem, "links", "No PBX is configured.", "Add a link with config import."}}
	}
	var out []Finding
	for _, s := range statuses {
		f := Finding{LevelOK, "link " + s.Name, fmt.Sprintf("%s, %d of %d extensions watched", s.State, s.Active, s.Watched), s.Cure}
		if s.Problem != "" {
			f.Text += ": " + s.Problem
		}
		switch s.State {
		case pbx.LinkConnected:
			if s.Problem != "" { // it works, but is set wrongly
				f.Level = LevelWarning
			}
		case pbx.LinkDegraded:
			f.Level = LevelWarning
		default:
			f.Level = LevelProblem
		}
		out = append(out, f)
		for _, p := range s.Refused {
			out = append(out, Finding{LevelProblem, fmt.Sprintf("link %s, extension %s", s.Name, p.Device), p.Problem, p.Cure})
		}
		for _, p := range s.Uncontrolled { // calls pop all the same
			out = append(out, Finding{LevelWarning, fmt.Sprintf("link %s, telephone %s", s.Name, p.Device), p.Problem, p.Cure})
		}
		for _, l := range s.Limits {
			out = append(out, Finding{LevelWarning, "link " + s.Name, l.Text, l.Cure})
		}
	}
	return out
}

func orgFindings(ctx context.Context, all *orgs) []Finding {
	found, err := all.named("")
	if err != nil {
		return []Finding{{LevelProblem, "orgs", "No Salesforce org is configured.", "Add one with config import, or set SF_INSTANCE_URL, SF_CLIENT_ID and SF_CLIENT_SECRET."}}
	}
	var out []Finding
	for _, r := range found {
		out = append(out, r.findings(ctx)...)
	}
	out = append(out, usageFindings(all)...)
	return out
}

func (r *runningOrg) findings(ctx context.Context) []Finding {
	subject := "org " + r.config.Name
	if r.config.Disabled {
		return []Finding{{LevelWarning, subject, errOrgDisabled.Error(), orgCure(errOrgDisabled)}}
	}
	if r.fault != nil {
		return []Finding{{LevelProblem, subject, r.fault.Error(), orgCure(r.fault)}}
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	id, err := r.client.OrgID(salesforce.ByHand(ctx))
	switch {
	case err != nil:
		return []Finding{{LevelProblem, subject, err.Error(), salesforce.Cure(err)}}
	case id != r.config.ID:
		return []Finding{{
			LevelProblem, subject, fmt.Sprintf("the keys belong to org %s, not to %s", id, r.config.ID),
			"Correct the org's id or its client id and secret.",
		}}
	}
	out := []Finding{{LevelOK, subject, "signed in", ""}}
	if len(r.config.TicketCertificates) == 0 {
		out = append(out, Finding{LevelProblem, subject, "no ticket certificate: its agents cannot sign in", "Add the org's certificate under ticketCertificates."})
	}
	out = append(out, r.objectFindings(ctx, subject)...)
	for _, s := range r.replica.Status() {
		out = append(out, syncFindings(subject, s)...)
	}
	return out
}

// usageFindings says what of the orgs' limits is used, and what to do.
func usageFindings(all *orgs) []Finding {
	var out []Finding
	for _, s := range all.orgStatuses() {
		if s.Disabled {
			continue
		}
		found, _ := all.named(s.Org)
		subject := "org " + s.Org
		if len(found) > 0 {
			subject = "org " + found[0].config.Name
		}
		if s.Usage.Calls.Max > 0 {
			text := fmt.Sprintf("%d of %d API calls for 24 hours used", s.Usage.Calls.Used, s.Usage.Calls.Max)
			if s.Usage.StorageMB.Max > 0 {
				text += fmt.Sprintf(", %d of %d MB of data storage", s.Usage.StorageMB.Used, s.Usage.StorageMB.Max)
			}
			out = append(out, Finding{LevelOK, subject, text, ""})
		}
		for _, a := range s.Advice {
			out = append(out, Finding{LevelWarning, subject, a.Problem, a.Cure})
		}
	}
	return out
}

func syncFindings(subject string, s lookup.SyncStatus) []Finding {
	f := Finding{LevelOK, subject + ", " + s.Object, fmt.Sprintf("%d records", s.Records), ""}
	switch {
	case s.LastError != "":
		f.Level, f.Text, f.Cure = LevelProblem, s.LastError, s.Cure
	case s.Running:
		f.Text += ", syncing"
	case s.LastRun.IsZero():
		f.Level, f.Text = LevelWarning, "not synced yet"
	default:
		f.Text += ", synced " + s.LastRun.UTC().Format(time.RFC3339)
	}
	out := []Finding{f}
	for _, w := range s.Warnings {
		out = append(out, Finding{LevelWarning, f.Subject, w, ""})
	}
	return out
}

func agentFindings(doc bridge.Document) []Finding {
	if len(doc.Agents) == 0 {
		return []Finding{{LevelProblem, "agents", "No agent is configured.", "Add agents in the panel or with config import."}}
	}
	links, orgs := make(map[string]bool), make(map[string]bool)
	for _, l := range doc.Links {
		links[l.Name] = true
	}
	for _, o := range doc.Orgs {
		orgs[o.ID] = true
	}
	var out []Finding
	bound, enabled := 0, 0
	for _, a := range doc.Agents {
		if !a.Enabled {
			continue
		}
		enabled++
		if a.SalesforceUser != "" {
			bound++
		}
		subject := "agent " + a.Email
		if len(a.Devices) == 0 {
			out = append(out, Finding{LevelWarning, subject, "has no telephone and gets no pops", "Add the extension in the panel."})
		}
		if !orgs[a.Org] {
			out = append(out, Finding{LevelProblem, subject, "belongs to an org that is not configured", "Add the org or correct the agent."})
		}
		for _, d := range doc.NotForTests(a) {
			out = append(out, Finding{
				LevelProblem, subject, fmt.Sprintf("is of a sandbox, and %s on %s is not for tests: it gets no pops there", d.Extension, d.Link),
				"Add the extension to testExtensions of the link, or give the agent a test telephone.",
			})
		}
		for _, d := range a.Devices {
			if !links[d.Link] {
				out = append(out, Finding{LevelProblem, subject, fmt.Sprintf("is on link %q, which is not configured", d.Link), "Add the link or correct the agent."})
			}
		}
	}
	summary := fmt.Sprintf("%d enabled, %d have signed in at least once", enabled, bound)
	return append([]Finding{{LevelOK, "agents", summary, ""}}, out...)
}
