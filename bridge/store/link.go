package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/pbx"
)

// Links returns all links by name, without their passwords.
func (s *Store) Links(ctx context.Context) ([]pbx.LinkConfig, error) {
	out, err := s.loadLinks(ctx, s.read)
	for i := range out {
		out[i].Password = ""
	}
	return out, inContext("links", err)
}

// SaveLink saves a link under its name, new or not. An empty password keeps the
// stored one. The error is bridge.FieldErrors for wrong fields.
func (s *Store) SaveLink(ctx context.Context, actor string, l pbx.LinkConfig) error {
	d := bridge.Document{Version: bridge.DocumentVersion, Links: []pbx.LinkConfig{l}}
	if err := under(d.Validate(bridge.Document{}), "links[0]."); err != nil {
		return err
	}
	return inContext("save link", s.update(ctx, func(tx *sql.Tx) error {
		links, err := s.loadLinks(ctx, tx)
		if err != nil {
			return err
		}
		_, err = s.putLink(ctx, tx, actor, byKey(links, linkName), d.Links[0])
		return err
	}))
}

// DeleteLink deletes a link; bridge.ErrConflict while agents have devices on it.
func (s *Store) DeleteLink(ctx context.Context, actor, name string) error {
	return inContext("delete link", s.update(ctx, func(tx *sql.Tx) error {
		var users int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(DISTINCT agent) FROM agent_devices WHERE link = $1`, name).Scan(&users); err != nil {
			return err
		}
		if users > 0 {
			return conflictf("%d agents have an extension on the link %s; take these away first.", users, name)
		}
		return deleteNamed(ctx, tx, actor, "link", `DELETE FROM links WHERE name = $1`, name)
	}))
}

func linkName(l pbx.LinkConfig) string { return l.Name }

// byKey indexes a list by what identifies its entries.
func byKey[T any](list []T, key func(T) string) map[string]T {
	out := make(map[string]T, len(list))
	for _, v := range list {
		out[key(v)] = v
	}
	return out
}

// putLink writes l over the one of its name in stored.
func (s *Store) putLink(ctx context.Context, q querier, actor string, stored map[string]pbx.LinkConfig, l pbx.LinkConfig) (outcome, error) {
	old, exists := stored[l.Name]
	if l.Password == "" {
		l.Password = old.Password
	}
	plain, before := l, old
	plain.Password, before.Password = "", ""
	config, err := json.Marshal(plain)
	if err != nil {
		return 0, err
	}
	if was, err := json.Marshal(before); exists && l.Password == old.Password && (err != nil || bytes.Equal(was, config)) {
		return unchanged, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO links (name, config, password) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET config = excluded.config, password = excluded.password`,
		l.Name, string(config), s.box.seal("links", l.Name, "password", l.Password))
	if err != nil {
		return 0, err
	}
	e := bridge.AuditEntry{Actor: actor, Action: "link.create", Object: l.Name}
	var d diff
	result := added
	if exists {
		e.Action, result = "link.update", changed
		d, err = jsonDiff(before, plain)
	} else {
		d, err = jsonDiff(nil, plain)
	}
	if err != nil {
		return 0, err
	}
	d.secret("password", old.Password, l.Password)
	e.Detail = d.String()
	return result, appendAudit(ctx, q, e)
}

func (s *Store) loadLinks(ctx context.Context, q querier) ([]pbx.LinkConfig, error) {
	var out []pbx.LinkConfig
	err := each(ctx, q, func(r *sql.Rows) error {
		var l pbx.LinkConfig
		var name, config string
		var sealed []byte
		if err := r.Scan(&name, &config, &sealed); err != nil {
			return err
		}
		password, err := s.box.unseal("links", name, "password", sealed)
		if err := errors.Join(err, json.Unmarshal([]byte(config), &l)); err != nil {
			return err
		}
		l.Password = password
		out = append(out, l)
		return nil
	}, `SELECT name, config, password FROM links ORDER BY name`)
	return out, err
}
