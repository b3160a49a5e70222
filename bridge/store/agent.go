package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// Agents returns all agents by e-mail address.
func (s *Store) Agents(ctx context.Context) ([]bridge.Agent, error) {
	var out []bridge.Agent
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		out, err = loadAgents(ctx, tx, "")
		return err
	})
	return out, inContext("agents", err)
}

// Agent returns one agent, or bridge.ErrNotFound.
func (s *Store) Agent(ctx context.Context, id bridge.AgentID) (bridge.Agent, error) {
	var out bridge.Agent
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		out, err = loadAgent(ctx, tx, id)
		return err
	})
	return out, inContext("agent", err)
}

// SaveAgent saves an agent; an empty ID makes a new one. The result has the ID
// and tidied fields. An empty SalesforceUser keeps the binding: Unbind ends it.
// The error is bridge.FieldErrors for wrong fields, bridge.ErrConflict where the
// address or the user is taken, or bridge.ErrNotFound. Who is disabled, moved
// to another org or bound to another user loses all sessions.
func (s *Store) SaveAgent(ctx context.Context, actor string, a bridge.Agent) (bridge.Agent, error) {
	a = cloneAgent(a) // Validate tidies in place
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := s.checkAgent(ctx, tx, &a); err != nil {
			return err
		}
		var old *bridge.Agent
		if a.ID != "" {
			found, err := loadAgent(ctx, tx, a.ID)
			if err != nil {
				return err
			}
			old = &found
		}
		if err := agentTaken(ctx, tx, a); err != nil {
			return err
		}
		_, err := putAgent(ctx, tx, actor, old, &a)
		return err
	})
	if err != nil {
		return bridge.Agent{}, inContext("save agent", err)
	}
	return a, nil
}

// DeleteAgent deletes an agent and its sessions.
func (s *Store) DeleteAgent(ctx context.Context, actor string, id bridge.AgentID) error {
	return inContext("delete agent", s.update(ctx, func(tx *sql.Tx) error {
		a, err := loadAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		return deleteAgent(ctx, tx, actor, a)
	}))
}

// checkAgent validates one agent against what it may refer to.
func (s *Store) checkAgent(ctx context.Context, q querier, a *bridge.Agent) error {
	known, err := loadReferences(ctx, q)
	if err != nil {
		return err
	}
	d := bridge.Document{Version: bridge.DocumentVersion, Agents: []bridge.Agent{*a}}
	if err := under(d.Validate(known), "agents[0]."); err != nil {
		return err
	}
	*a = d.Agents[0]
	return nil
}

// under makes the paths of faults those of one entry.
func under(err error, prefix string) error {
	var faults bridge.FieldErrors
	if errors.As(err, &faults) {
		return faults.Under(prefix)
	}
	return err
}

// agentTaken refuses an address or a Salesforce user that another agent has.
func agentTaken(ctx context.Context, q querier, a bridge.Agent) error {
	var email string
	err := q.QueryRowContext(ctx, `SELECT email FROM agents WHERE email_key = $1 AND id <> $2`, emailKey(a.Email), string(a.ID)).Scan(&email)
	if err == nil {
		return conflictf("There is already an agent with the e-mail address %s; change that one, or use another address.", email)
	}
	if !errors.Is(err, sql.ErrNoRows) || a.SalesforceUser == "" {
		return ignoreNoRows(err)
	}
	err = q.QueryRowContext(ctx, `SELECT email FROM agents WHERE org = $1 AND salesforce_user = $2 AND id <> $3`,
		a.Org, a.SalesforceUser, string(a.ID)).Scan(&email)
	if err == nil {
		return conflictf("The Salesforce user %s is already bound to the agent %s; end that binding first.", a.SalesforceUser, email)
	}
	return ignoreNoRows(err)
}

func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// outcome is what saving an entry came to.
type outcome uint8

const (
	unchanged outcome = iota
	added
	changed
)

// putAgent writes a over old (nil for a new one) and fills in its ID and the
// binding that it keeps.
func putAgent(ctx context.Context, q querier, actor string, old, a *bridge.Agent) (outcome, error) {
	e := bridge.AuditEntry{Actor: actor, Action: "agent.create", Object: a.Email}
	result := added
	if old == nil {
		a.ID = bridge.AgentID(rand.Text())
		e.Detail = agentDiff(bridge.Agent{}, *a).String()
	} else {
		a.ID = old.ID
		if a.SalesforceUser == "" && a.Org == old.Org {
			a.SalesforceUser = old.SalesforceUser
		}
		d := agentDiff(*old, *a)
		if len(d) == 0 {
			return unchanged, nil
		}
		e.Action, e.Detail, result = "agent.update", d.String(), changed
	}
	if err := writeAgent(ctx, q, *a, old != nil); err != nil {
		return 0, err
	}
	if a.SalesforceUser != "" {
		if err := forgetRefusal(ctx, q, a.Org, a.SalesforceUser); err != nil {
			return 0, err
		}
	}
	if old != nil && (!a.Enabled || a.Org != old.Org || a.SalesforceUser != old.SalesforceUser) {
		if err := dropSessions(ctx, q, a.ID); err != nil {
			return 0, err
		}
	}
	return result, appendAudit(ctx, q, e)
}

func agentDiff(from, to bridge.Agent) diff {
	var d diff
	d.add("e-mail", from.Email, to.Email)
	d.add("org", from.Org, to.Org)
	d.add("Salesforce user", from.SalesforceUser, to.SalesforceUser)
	d.add("devices", deviceNames(from.Devices), deviceNames(to.Devices))
	d.add("groups", strings.Join(from.Groups, ", "), strings.Join(to.Groups, ", "))
	d.add("enabled", from.Enabled, to.Enabled)
	d.add("switch agent", from.SwitchAgent, to.SwitchAgent)
	d.add("settings", settingsText(from.Settings), settingsText(to.Settings))
	return d
}

// settingsText is the settings as they are stored.
func settingsText(s bridge.Settings) string {
	text, err := json.Marshal(s)
	if err != nil { // strings, numbers and lists of them: cannot fail
		return "{}"
	}
	return string(text)
}

func deviceNames(devices []bridge.Device) string {
	names := make([]string, len(devices))
	for i, d := range devices {
		names[i] = d.Link + "/" + d.Extension
	}
	return strings.Join(names, ", ")
}

func writeAgent(ctx context.Context, q querier, a bridge.Agent, exists bool) error {
	id := string(a.ID)
	_, err := q.ExecContext(ctx, `INSERT INTO agents (id, email, email_key, org, salesforce_user, enabled, switch_agent, settings)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, org = excluded.org,
			salesforce_user = excluded.salesforce_user, enabled = excluded.enabled,
			switch_agent = excluded.switch_agent, settings = excluded.settings`,
		id, a.Email, emailKey(a.Email), a.Org, a.SalesforceUser, a.Enabled, a.SwitchAgent, settingsText(a.Settings))
	if err != nil {
		return err
	}
	if exists {
		for _, table := range []string{"agent_devices", "agent_memberships"} {
			if _, err := q.ExecContext(ctx, `DELETE FROM `+table+` WHERE agent = $1`, id); err != nil {
				return err
			}
		}
	}
	for i, d := range a.Devices {
		_, err := q.ExecContext(ctx, `INSERT INTO agent_devices (agent, position, link, extension) VALUES ($1, $2, $3, $4)`, id, i, d.Link, d.Extension)
		if err != nil {
			return err
		}
	}
	for i, name := range a.Groups {
		_, err := q.ExecContext(ctx, `INSERT INTO agent_memberships (agent, position, group_name) VALUES ($1, $2, $3)`, id, i, name)
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteAgent(ctx context.Context, q querier, actor string, a bridge.Agent) error {
	// Devices, memberships and sessions go with it.
	if _, err := q.ExecContext(ctx, `DELETE FROM agents WHERE id = $1`, string(a.ID)); err != nil {
		return err
	}
	return appendAudit(ctx, q, bridge.AuditEntry{Actor: actor, Action: "agent.delete", Object: a.Email})
}

func loadAgent(ctx context.Context, q querier, id bridge.AgentID) (bridge.Agent, error) {
	found, err := loadAgents(ctx, q, id)
	if err == nil && len(found) == 0 {
		err = bridge.ErrNotFound
	}
	if err != nil {
		return bridge.Agent{}, err
	}
	return found[0], nil
}

// loadAgents loads one agent, or all for an empty id: in three queries, however
// many there are.
func loadAgents(ctx context.Context, q querier, id bridge.AgentID) ([]bridge.Agent, error) {
	var out []bridge.Agent
	at := map[bridge.AgentID]int{}
	err := each(ctx, q, func(r *sql.Rows) error {
		var a bridge.Agent
		var settings string
		if err := r.Scan(&a.ID, &a.Email, &a.Org, &a.SalesforceUser, &a.Enabled, &a.SwitchAgent, &settings); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(settings), &a.Settings); err != nil {
			return err
		}
		at[a.ID] = len(out)
		out = append(out, a)
		return nil
	}, `SELECT id, email, org, salesforce_user, enabled, switch_agent, settings FROM agents WHERE $1 IN ('', id) ORDER BY email_key`, string(id))
	if err != nil {
		return nil, err
	}
	err = each(ctx, q, func(r *sql.Rows) error {
		var agent bridge.AgentID
		var d bridge.Device
		if err := r.Scan(&agent, &d.Link, &d.Extension); err != nil {
			return err
		}
		a := &out[at[agent]]
		a.Devices = append(a.Devices, d)
		return nil
	}, `SELECT agent, link, extension FROM agent_devices WHERE $1 IN ('', agent) ORDER BY agent, position`, string(id))
	if err != nil {
		return nil, err
	}
	err = each(ctx, q, func(r *sql.Rows) error {
		var agent bridge.AgentID
		var name string
		if err := r.Scan(&agent, &name); err != nil {
			return err
		}
		a := &out[at[agent]]
		a.Groups = append(a.Groups, name)
		return nil
	}, `SELECT agent, group_name FROM agent_memberships WHERE $1 IN ('', agent) ORDER BY agent, position`, string(id))
	return out, err
}

func cloneAgent(a bridge.Agent) bridge.Agent {
	a.Devices = slices.Clone(a.Devices)
	a.Groups = slices.Clone(a.Groups)
	a.Settings = cloneSettings(a.Settings)
	return a
}

func cloneSettings(s bridge.Settings) bridge.Settings {
	s.DialBlocked = slices.Clone(s.DialBlocked)
	s.AllowedDevices = slices.Clone(s.AllowedDevices)
	return s
}

func emailKey(email string) string { return strings.ToLower(email) }
