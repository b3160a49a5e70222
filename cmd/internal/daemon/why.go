package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// WhyRequest says which calls `why` is to tell of. The zero value of a field
// asks for all.
type WhyRequest struct {
	From, To time.Time
	Agent    string // e-mail address
	Number   string // as people write it
	Call     bridge.CallID
	Limit    int
}

// Why is a call and what was decided about it.
type Why struct {
	bridge.JournalEntry
	Email string `json:"email,omitempty"` // the agent's, as far as there is one
}

func (o *office) why(w http.ResponseWriter, r *http.Request) {
	var req WhyRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		fail(w, err)
		return
	}
	out, err := o.traces(r.Context(), req)
	answer(w, out, err)
}

func (o *office) traces(ctx context.Context, req WhyRequest) ([]Why, error) {
	agents, err := o.data.store.Agents(ctx)
	if err != nil {
		return nil, err
	}
	f := bridge.TraceFilter{From: req.From, To: req.To, Call: req.Call, Limit: req.Limit}
	if req.Agent != "" {
		a, err := agentNamed(agents, req.Agent)
		if err != nil {
			return nil, err
		}
		f.Agent = a.ID
	}
	if req.Number != "" {
		if f.Numbers, err = o.numbers(ctx, req.Number); err != nil {
			return nil, err
		}
	}
	if err := o.flush(ctx); err != nil {
		return nil, err
	}
	found, err := o.data.store.Traces(ctx, f)
	out := make([]Why, 0, len(found))
	for _, e := range found {
		why := Why{JournalEntry: e}
		if i := slices.IndexFunc(agents, func(a bridge.Agent) bool { return a.ID == e.Agent }); i >= 0 {
			why.Email = agents[i].Email
		}
		out = append(out, why)
	}
	return out, err
}

// agentNamed finds an agent by e-mail address, in any case, or by id.
func agentNamed(agents []bridge.Agent, name string) (bridge.Agent, error) {
	i := slices.IndexFunc(agents, func(a bridge.Agent) bool {
		return strings.EqualFold(a.Email, strings.TrimSpace(name)) || string(a.ID) == name
	})
	if i < 0 {
		return bridge.Agent{}, fmt.Errorf("there is no agent %s; the panel and config export list them", name)
	}
	return agents[i], nil
}

// numbers are the ways in which the journal may have a number that a person
// wrote: E.164 by the plan of any link, or an extension.
func (o *office) numbers(ctx context.Context, text string) ([]string, error) {
	byLink, err := o.plans(ctx)
	if err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	all := []string{text}
	plans := []lookup.DialPlan{{}}
	for _, link := range slices.Sorted(maps.Keys(byLink)) {
		plans = append(plans, byLink[link])
	}
	for _, p := range plans {
		readings, _ := p.Readings(text)
		for _, n := range readings {
			if !slices.Contains(all, string(n)) {
				all = append(all, string(n))
			}
		}
		if _, n := p.TypedClass(text); n != "" && !slices.Contains(all, string(n)) {
			all = append(all, string(n))
		}
	}
	return all, nil
}

// plans are the dial plans of the links.
func (o *office) plans(ctx context.Context) (map[string]lookup.DialPlan, error) {
	links, err := o.data.store.Links(ctx)
	plans := make(map[string]lookup.DialPlan, len(links))
	for _, l := range links {
		plans[l.Name] = lookup.DialPlan(l.DialPlan)
	}
	return plans, err
}

// flush writes what the running bridge has not written yet.
func (o *office) flush(ctx context.Context) error {
	if o.bridge == nil {
		return nil
	}
	return o.bridge.Flush(ctx)
}

// Why tells of calls and what was decided about them, the newest first.
func (c *Client) Why(ctx context.Context, req WhyRequest) ([]Why, error) {
	var out []Why
	return out, c.do(ctx, http.MethodPost, "/why", req, &out)
}
