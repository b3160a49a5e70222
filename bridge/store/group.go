package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
)

// Groups returns all groups by name.
func (s *Store) Groups(ctx context.Context) ([]bridge.Group, error) {
	out, err := loadGroups(ctx, s.read)
	return out, inContext("groups", err)
}

// SaveGroup saves a group: a new one if oldName is empty, else the one of that
// name, which may get another one; its agents stay in it. The error is
// bridge.FieldErrors, bridge.ErrConflict or bridge.ErrNotFound.
func (s *Store) SaveGroup(ctx context.Context, actor, oldName string, g bridge.Group) error {
	g.Settings = cloneSettings(g.Settings) // Validate tidies in place
	d := bridge.Document{Version: bridge.DocumentVersion, Groups: []bridge.Group{g}}
	return inContext("save group", s.update(ctx, func(tx *sql.Tx) error {
		known, err := loadReferences(ctx, tx)
		if err != nil {
			return err
		}
		if err := under(d.Validate(known), "groups[0]."); err != nil {
			return err
		}
		g := d.Groups[0]
		groups, err := loadGroups(ctx, tx)
		if err != nil {
			return err
		}
		if g.Name != oldName && findGroup(groups, g.Name) != nil {
			return conflictf("There is already a group %s; choose another name.", g.Name)
		}
		old := findGroup(groups, oldName)
		if oldName != "" && old == nil {
			return bridge.ErrNotFound
		}
		_, err = putGroup(ctx, tx, actor, old, g)
		return err
	}))
}

// DeleteGroup deletes a group; its agents stay.
func (s *Store) DeleteGroup(ctx context.Context, actor, name string) error {
	return inContext("delete group", s.update(ctx, func(tx *sql.Tx) error {
		return deleteNamed(ctx, tx, actor, "group", `DELETE FROM agent_groups WHERE name = $1`, name)
	}))
}

// deleteNamed deletes one row by its key, with an audit row.
func deleteNamed(ctx context.Context, q querier, actor, what, query, key string) error {
	rows, err := affected(ctx, q, query, key)
	if err != nil {
		return err
	}
	if rows == 0 {
		return bridge.ErrNotFound
	}
	return appendAudit(ctx, q, bridge.AuditEntry{Actor: actor, Action: what + ".delete", Object: key})
}

func findGroup(groups []bridge.Group, name string) *bridge.Group {
	if i := slices.IndexFunc(groups, func(g bridge.Group) bool { return g.Name == name }); i >= 0 {
		return &groups[i]
	}
	return nil
}

// putGroup writes g over old, nil for a new one.
func putGroup(ctx context.Context, q querier, actor string, old *bridge.Group, g bridge.Group) (outcome, error) {
	settings, err := json.Marshal(g.Settings)
	if err != nil {
		return 0, err
	}
	if old == nil {
		if _, err := q.ExecContext(ctx, `INSERT INTO agent_groups (name, settings) VALUES ($1, $2)`, g.Name, string(settings)); err != nil {
			return 0, err
		}
		return added, appendAudit(ctx, q, bridge.AuditEntry{Actor: actor, Action: "group.create", Object: g.Name, Detail: "settings: " + string(settings)})
	}
	before, err := json.Marshal(old.Settings)
	if err != nil {
		return 0, err
	}
	var d diff
	d.add("name", old.Name, g.Name)
	d.add("settings", string(before), string(settings))
	if len(d) == 0 {
		return unchanged, nil
	}
	// A new name follows into the memberships.
	if _, err := q.ExecContext(ctx, `UPDATE agent_groups SET name = $1, settings = $2 WHERE name = $3`, g.Name, string(settings), old.Name); err != nil {
		return 0, err
	}
	return changed, appendAudit(ctx, q, bridge.AuditEntry{Actor: actor, Action: "group.update", Object: g.Name, Detail: d.String()})
}

func loadGroups(ctx context.Context, q querier) ([]bridge.Group, error) {
	var out []bridge.Group
	err := each(ctx, q, func(r *sql.Rows) error {
		var g bridge.Group
		var settings string
		if err := r.Scan(&g.Name, &settings); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(settings), &g.Settings); err != nil {
			return err
		}
		out = append(out, g)
		return nil
	}, `SELECT name, settings FROM agent_groups ORDER BY name`)
	return out, err
}
