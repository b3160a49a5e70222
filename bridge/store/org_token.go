package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/ctibridge/ctibridge/bridge"
)

// ReplaceRefreshToken keeps the refresh token that Salesforce has put in the
// place of old, as it may at each sign-in; that is no change of an administrator
// and stands in no audit. If another one is stored meanwhile, somebody has signed
// in anew and theirs stays: bridge.ErrConflict.
func (s *Store) ReplaceRefreshToken(ctx context.Context, org, old, next string) error {
	return inContext("replace refresh token", s.update(ctx, func(tx *sql.Tx) error {
		orgs, err := s.loadOrgs(ctx, tx)
		if err != nil {
			return err
		}
		o, ok := byKey(orgs, orgID)[org]
		switch {
		case !ok:
			return bridge.ErrNotFound
		case o.SignIn.RefreshToken == next:
			return nil
		case o.SignIn.RefreshToken != old:
			return conflictf("Somebody has signed in to Salesforce anew meanwhile.")
		}
		o.SignIn.RefreshToken = next
		secrets, err := json.Marshal(secretsOf(o))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE orgs SET secrets = $1, client_secret = NULL WHERE id = $2`,
			s.box.seal("orgs", o.ID, "secrets", string(secrets)), o.ID)
		return err
	}))
}
