package admin

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// agentSave adds or changes an agent, or changes the rows of the form.
func (p *panel) agentSave(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	f := readAgentForm(bridge.AgentID(r.PathValue("id")), r.PostForm)
	if err := p.agentChoices(r, f); err != nil {
		return err
	}
	p.change.Lock()
	defer p.change.Unlock()
	current, err := p.currentAgent(r, f)
	if err != nil {
		return err
	}
	if f.edit(r.PostForm.Get("do")) {
		return p.agentPage(w, r, http.StatusOK, f)
	}
	if !f.validate(p.say(r)) {
		return p.agentPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if now := fingerprint(agentContent(current)); f.ID != "" && now != f.Version {
		f.Conflict, f.Version = p.agentDifferences(r, current, f), now
		return p.agentPage(w, r, http.StatusConflict, f)
	}
	saved, err := p.config.SaveAgent(r.Context(), p.actor(r), f.apply(current))
	if errors.Is(err, bridge.ErrConflict) {
		f.Problems, f.Focus = map[string]string{"email": p.say(r)("agent.email.taken")}, "email"
		return p.agentPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if f.Problems = storeProblems(err, agentFields()...); f.Problems != nil {
		return p.agentPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	message, err := p.agentSaved(r, saved)
	if err != nil {
		return err
	}
	return p.done(w, r, "/admin/agents", message)
}

// currentAgent is the agent as it is now; of a new one, an empty one.
func (p *panel) currentAgent(r *http.Request, f *agentForm) (bridge.Agent, error) {
	if f.ID == "" {
		return bridge.Agent{}, nil
	}
	a, err := p.config.Agent(r.Context(), f.ID)
	f.SalesforceUser = a.SalesforceUser
	return a, err
}

// agentDifferences says what the agent has now where the form has something else.
func (p *panel) agentDifferences(r *http.Request, now bridge.Agent, f *agentForm) []string {
	say, mine := p.say(r), f.apply(now)
	var out []string
	note := func(differs bool, field, value string) {
		if differs {
			if value == "" {
				value = say("none")
			}
			out = append(out, say(field)+": "+value)
		}
	}
	note(now.Email != mine.Email, "agent.email", now.Email)
	note(now.Org != mine.Org, "agent.org", now.Org)
	note(!slices.Equal(now.Devices, mine.Devices), "agent.devices", deviceList(now.Devices))
	note(!slices.Equal(now.Groups, mine.Groups), "agent.groups", strings.Join(now.Groups, ", "))
	state := "agent.disabled"
	if now.Enabled {
		state = "agent.enabled"
	}
	note(now.Enabled != mine.Enabled, "agent.state", say(state))
	return out
}

func deviceList(devices []bridge.Device) string {
	parts := make([]string, len(devices))
	for i, d := range devices {
		parts[i] = d.Extension + " (" + d.Link + ")"
	}
	return strings.Join(parts, ", ")
}

// agentSaved is the message; it mentions an extension that another enabled
// agent has too, since both then see its calls.
func (p *panel) agentSaved(r *http.Request, saved bridge.Agent) (string, error) {
	say := p.say(r)
	message := say("agent.saved", saved.Email)
	if !saved.Enabled {
		return message, nil
	}
	agents, err := p.config.Agents(r.Context())
	if err != nil {
		return "", err
	}
	for _, other := range agents {
		if other.ID == saved.ID || !other.Enabled {
			continue
		}
		for _, d := range saved.Devices {
			if slices.Contains(other.Devices, d) {
				return message + " " + say("agent.shared", d.Extension, other.Email), nil
			}
		}
	}
	return message, nil
}
