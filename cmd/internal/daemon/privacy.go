package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// Kinds of whom `privacy` is about.
const (
	PrivacyNumber = "number"
	PrivacyRecord = "record"
	PrivacyAgent  = "agent"
)

// PrivacyRequest says whose data is exported or erased.
type PrivacyRequest struct {
	Kind  string // one of the above
	Value string // in any notation, an id, or an e-mail address
}

// PersonalData is all that the bridge keeps of somebody, and where else
// something may be.
type PersonalData struct {
	bridge.PersonalData
	// Records are those of the directory: copies of what Salesforce or an
	// address book has.
	Records []lookup.Held `json:"records,omitempty"`
	// Configured is where the configuration holds the number, which an erasure
	// leaves: "exclusions", "groups[Sales].dialBlocked".
	Configured []string `json:"configured,omitempty"`
	Elsewhere  []string `json:"elsewhere"`
}

// Erased tells what was erased, and where else something may be.
type Erased struct {
	Calls   int64 `json:"calls"`
	Records int   `json:"records"` // copies in the directory
	// Mentions are what calls with others said of the number. The calls stay.
	Mentions   int      `json:"mentions"`
	Configured []string `json:"configured,omitempty"` // as of PersonalData
	Elsewhere  []string `json:"elsewhere"`
}

// elsewhere is where data may be that the bridge cannot reach.
func elsewhere(kind string) []string {
	list := []string{
		"Salesforce: leads, contacts, accounts and call activities (Tasks). Erase them there; what stays there is copied into the directory again by the next full sync.",
		"The telephone system: its call records, voice mails and the telephones' own lists.",
		"The bridge's configuration: exclusions and numbers that are not dialled (dialBlocked). Take the number out there if it is to go: it is treated like any other then.",
		"Backups of the data folder, and address-book files that were imported: erase or re-import those.",
		"Logs: they have call ids and agent ids, and no number and no name; keep them for 14 days at most.",
		"Browsers: an open panel shows a call until the tab is reloaded.",
	}
	if kind == PrivacyAgent {
		list = append(list,
			"The bridge's configuration: the agent's e-mail address and extensions. Delete the agent in the panel.",
			"The bridge's audit trail: who changed the agent's settings, for as long as retention.audit says.")
	}
	return list
}

// subject finds whom a request is about.
func (o *office) subject(ctx context.Context, req PrivacyRequest) (who bridge.Subject, numbers []lookup.Number, err error) {
	value := strings.TrimSpace(req.Value)
	switch {
	case value == "":
		return who, nil, errors.New("say whose data it is: a number, a record's id or an agent's e-mail address")
	case req.Kind == PrivacyAgent:
		agents, err := o.data.store.Agents(ctx)
		if err != nil {
			return who, nil, err
		}
		a, err := agentNamed(agents, value)
		return bridge.Subject{Agent: a.ID}, nil, err
	case req.Kind == PrivacyRecord:
		if full, ok := bridge.SalesforceID(value); ok {
			value = full
		}
		return bridge.Subject{Record: value}, nil, nil
	case req.Kind != PrivacyNumber:
		return who, nil, fmt.Errorf("%q is no kind of subject: use number, record or agent", req.Kind)
	}
	if who.Numbers, err = o.numbers(ctx, value); err != nil {
		return who, nil, err
	}
	if who.Plans, err = o.plans(ctx); err != nil {
		return who, nil, err
	}
	for _, n := range who.Numbers {
		if strings.HasPrefix(n, "+") {
			numbers = append(numbers, lookup.Number(n))
		}
	}
	return who, numbers, nil
}

func (o *office) privacyExport(w http.ResponseWriter, r *http.Request) {
	var req PrivacyRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		fail(w, err)
		return
	}
	out, err := o.personalData(r.Context(), actor, req)
	answer(w, out, err)
}

func (o *office) personalData(ctx context.Context, actor string, req PrivacyRequest) (out PersonalData, err error) {
	who, numbers, err := o.subject(ctx, req)
	if err != nil {
		return out, err
	}
	if err := o.flush(ctx); err != nil {
		return out, err
	}
	if out.PersonalData, err = o.data.store.PersonalData(ctx, who); err != nil {
		return out, err
	}
	if out.Records, err = o.data.directory.HeldOf(ctx, numbers, who.Record); err != nil {
		return out, err
	}
	if out.Configured, err = o.configured(ctx, numbers); err != nil {
		return out, err
	}
	out.Elsewhere = elsewhere(req.Kind)
	return out, o.data.store.AuditExport(ctx, actor, who)
}

func (o *office) privacyErase(w http.ResponseWriter, r *http.Request) {
	var req PrivacyRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		fail(w, err)
		return
	}
	out, err := o.erase(context.WithoutCancel(r.Context()), actor, req) // half an erasure is none
	answer(w, out, err)
}

// erase forgets what the running bridge has in memory first, so that nothing of
// it is written once more, and then what is stored.
func (o *office) erase(ctx context.Context, actor string, req PrivacyRequest) (out Erased, err error) {
	who, numbers, err := o.subject(ctx, req)
	if err != nil {
		return out, err
	}
	if err := o.flush(ctx); err != nil {
		return out, err
	}
	kept, err := o.data.store.PersonalData(ctx, who)
	if err != nil {
		return out, err
	}
	if o.bridge != nil { // which takes out of the journal what it still has
		o.bridge.Forget(who)
	}
	if err := o.flush(ctx); err != nil {
		return out, err
	}
	rest, err := o.data.store.EraseSubject(ctx, actor, who)
	if err != nil {
		return out, err
	}
	out.Calls, out.Mentions = max(rest, int64(len(kept.Calls))), len(kept.Mentions)
	if who.Agent == "" {
		records, err := o.data.directory.Erase(ctx, numbers, who.Record)
		if err != nil {
			return out, err
		}
		out.Records = len(records)
	}
	out.Configured, err = o.configured(ctx, numbers)
	out.Elsewhere = elsewhere(req.Kind)
	return out, err
}

// configured is where the configuration holds one of the numbers, by its keys.
func (o *office) configured(ctx context.Context, numbers []lookup.Number) (places []string, err error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	is := func(text string) bool { return slices.Contains(numbers, lookup.Number(text)) }
	list, err := o.data.store.Exclusions(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(list, func(e bridge.Exclusion) bool { return is(e.Number) }) {
		places = append(places, "exclusions")
	}
	groups, err := o.data.store.Groups(ctx)
	if err != nil {
		return nil, err
	}
	for i := range groups {
		if slices.ContainsFunc(groups[i].Settings.DialBlocked, is) {
			places = append(places, "groups["+groups[i].Name+"].dialBlocked")
		}
	}
	agents, err := o.data.store.Agents(ctx)
	for i := range agents {
		if slices.ContainsFunc(agents[i].Settings.DialBlocked, is) {
			places = append(places, "agents["+agents[i].Email+"].dialBlocked")
		}
	}
	return places, err
}

// ExportPersonalData returns all that is kept of somebody.
func (c *Client) ExportPersonalData(ctx context.Context, req PrivacyRequest) (PersonalData, error) {
	var out PersonalData
	return out, c.do(ctx, http.MethodPost, "/privacy/export", req, &out)
}

// Erase erases all that is kept of somebody.
func (c *Client) Erase(ctx context.Context, req PrivacyRequest) (Erased, error) {
	var out Erased
	return out, c.do(ctx, http.MethodPost, "/privacy/erase", req, &out)
}
