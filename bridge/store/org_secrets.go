package store

import (
	"context"
	"maps"
	"slices"

	"github.com/ctibridge/ctibridge/bridge"
)

// OrgSecrets are the paths of the secrets that are stored for an org, such as
// "clientSecret" and "signIn.refreshToken", for a form that shows no more of them.
func (s *Store) OrgSecrets(ctx context.Context, id string) ([]string, error) {
	orgs, err := s.loadOrgs(ctx, s.read)
	if err != nil {
		return nil, inContext("org secrets", err)
	}
	o, ok := byKey(orgs, orgID)[id]
	if !ok {
		return nil, inContext("org secrets", bridge.ErrNotFound)
	}
	return slices.Sorted(maps.Keys(secretsOf(o))), nil
}
