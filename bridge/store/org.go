package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

// Orgs returns all orgs by name, without their secrets.
func (s *Store) Orgs(ctx context.Context) ([]lookup.OrgConfig, error) {
	out, err := s.loadOrgs(ctx, s.read)
	for i := range out {
		out[i] = out[i].WithoutSecrets()
	}
	return out, inContext("orgs", err)
}

// SaveOrg saves an org under its id, new or not. An empty secret keeps the
// stored one unless it is in RemoveSecrets. The error is bridge.FieldErrors for wrong fields, a name or a
// ticket key that another org has.
func (s *Store) SaveOrg(ctx context.Context, actor string, o lookup.OrgConfig) error {
	d := bridge.Document{Version: bridge.DocumentVersion, Orgs: []lookup.OrgConfig{cloneOrg(o)}}
	return inContext("save org", s.update(ctx, func(tx *sql.Tx) error {
		orgs, err := s.loadOrgs(ctx, tx)
		if err != nil {
			return err
		}
		if err := under(d.Validate(bridge.Document{Orgs: orgs}), "orgs[0]."); err != nil {
			return err
		}
		_, err = s.putOrg(ctx, tx, actor, byKey(orgs, orgID), d.Orgs[0])
		return err
	}))
}

// DeleteOrg deletes an org; bridge.ErrConflict while agents belong to it.
func (s *Store) DeleteOrg(ctx context.Context, actor, id string) error {
	return inContext("delete org", s.update(ctx, func(tx *sql.Tx) error {
		var users int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM agents WHERE org = $1`, id).Scan(&users); err != nil {
			return err
		}
		if users > 0 {
			return conflictf("%d agents belong to the org %s; delete them or move them to another org first.", users, id)
		}
		return deleteNamed(ctx, tx, actor, "org", `DELETE FROM orgs WHERE id = $1`, id)
	}))
}

func orgID(o lookup.OrgConfig) string { return o.ID }

// cloneOrg copies what Validate tidies in place.
func cloneOrg(o lookup.OrgConfig) lookup.OrgConfig {
	o.Origins = slices.Clone(o.Origins)
	o.Objects = slices.Clone(o.Objects)
	o.TicketCertificates = slices.Clone(o.TicketCertificates)
	return o
}

// putOrg writes o over the one of its id in stored.
func (s *Store) putOrg(ctx context.Context, q querier, actor string, stored map[string]lookup.OrgConfig, o lookup.OrgConfig) (outcome, error) {
	old, exists := stored[o.ID]
	o.TakeSecrets(old)
	plain, before := o.WithoutSecrets(), old.WithoutSecrets()
	config, err := json.Marshal(plain)
	if err != nil {
		return 0, err
	}
	e := bridge.AuditEntry{Actor: actor, Action: "org.create", Object: o.ID}
	var d diff
	result := added
	if exists {
		e.Action, result = "org.update", changed
		d, err = jsonDiff(before, plain)
	} else {
		d, err = jsonDiff(nil, plain)
	}
	if err != nil {
		return 0, err
	}
	stood := secretsOf(old)
	for path, value := range o.Secrets() {
		d.secret(path, stood[path], *value)
	}
	if exists && len(d) == 0 {
		return unchanged, nil
	}
	secrets, err := json.Marshal(secretsOf(o))
	if err != nil {
		return 0, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO orgs (id, config, secrets) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET config = excluded.config, secrets = excluded.secrets, client_secret = NULL`,
		o.ID, string(config), s.box.seal("orgs", o.ID, "secrets", string(secrets)))
	if err != nil {
		return 0, err
	}
	e.Detail = d.String()
	return result, appendAudit(ctx, q, e)
}

// jsonDiff compares two configurations by the fields of their JSON; neither may
// hold a secret. Of a long value, such as certificates, it says only that it
// changed.
func jsonDiff(from, to any) (diff, error) {
	a, err := fields(from)
	if err != nil {
		return nil, err
	}
	b, err := fields(to)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(b)
	maps.Copy(all, a)
	var d diff
	for _, key := range slices.Sorted(maps.Keys(all)) {
		was, is := text(a[key]), text(b[key])
		if len(was) > 100 || len(is) > 100 {
			d.secret(key, was, is)
			continue
		}
		d.add(key, was, is)
	}
	return d, nil
}

func fields(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	if out == nil { // of null
		out = map[string]any{}
	}
	return out, nil
}

func text(v any) string {
	if v == nil || reflect.ValueOf(v).IsZero() {
		return ""
	}
	return fmt.Sprint(v)
}

// secretsOf are the secrets that an org has, by their path.
func secretsOf(o lookup.OrgConfig) map[string]string {
	all := map[string]string{}
	for path, value := range o.Secrets() {
		if *value != "" {
			all[path] = *value
		}
	}
	return all
}

func (s *Store) loadOrgs(ctx context.Context, q querier) ([]lookup.OrgConfig, error) {
	var out []lookup.OrgConfig
	err := each(ctx, q, func(r *sql.Rows) error {
		var o lookup.OrgConfig
		var id, config string
		var sealedClient, sealed []byte
		if err := r.Scan(&id, &config, &sealedClient, &sealed); err != nil {
			return err
		}
		// client_secret is of databases from before there were other secrets.
		client, err := s.box.unseal("orgs", id, "client_secret", sealedClient)
		if err != nil {
			return err
		}
		secrets, err := s.box.unseal("orgs", id, "secrets", sealed)
		if err := errors.Join(err, json.Unmarshal([]byte(config), &o)); err != nil {
			return err
		}
		o.ClientSecret = client
		if secrets != "" {
			all := map[string]string{}
			if err := json.Unmarshal([]byte(secrets), &all); err != nil {
				return err
			}
			for path, value := range o.Secrets() {
				*value = cmp.Or(all[path], *value)
			}
		}
		out = append(out, o)
		return nil
	}, `SELECT id, config, client_secret, secrets FROM orgs ORDER BY id`)
	slices.SortStableFunc(out, func(a, b lookup.OrgConfig) int { return cmp.Compare(a.Name, b.Name) })
	return out, err
}
