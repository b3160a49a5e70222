package lookup

import (
	"context"
	"slices"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// A contact shows the name of its account, but renaming an account does not
// move the stamps of its contacts. So the contacts of changed accounts are read
// again after their account.

const (
	// companyChunk is how many accounts one query asks the contacts of; the ids
	// of 200 fit into an address of 6 KB.
	companyChunk = 200
	// maxCompanies bounds the accounts waiting; more of them make the next sync
	// of contacts a full one.
	maxCompanies = 5000
)

// noteAccount remembers an account that has changed since the last sync.
func (s *objectSync) noteAccount(r Record) {
	if s.object == "Account" && !s.stored.IsZero() && !s.request.DryRun && r.Stamp.After(s.stored) && len(s.accounts) <= maxCompanies {
		s.accounts = append(s.accounts, r.ID)
	}
}

// addAccounts hands accounts over to the next sync of contacts.
func (r *Replica) addAccounts(ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if len(r.accounts) <= maxCompanies {
			r.accounts[id] = true
		}
	}
}

// takeAccounts is what waits for a sync of contacts; it is the caller's then.
func (r *Replica) takeAccounts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.accounts))
	for id := range r.accounts {
		ids = append(ids, id)
	}
	clear(r.accounts)
	slices.Sort(ids)
	return ids
}

// tooManyAccounts says that a full sync of contacts costs less.
func (r *Replica) tooManyAccounts() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.accounts) > maxCompanies
}

// settleAccounts begins a full run: one of contacts reads those of changed
// accounts anyway, one of accounts hands over which have changed. The function it
// returns ends the run; if that failed, nothing that waits is lost.
func (s *objectSync) settleAccounts() func(done bool) {
	if s.request.Limit > 0 || s.request.DryRun {
		return func(bool) {}
	}
	var waiting []string
	if s.object == "Contact" {
		waiting = s.replica.takeAccounts()
	}
	return func(done bool) {
		if !done {
			s.replica.addAccounts(waiting)
		}
		s.replica.addAccounts(s.accounts)
	}
}

// companies reads the contacts of changed accounts again.
func (s *objectSync) companies(ctx context.Context) error {
	if s.object != "Contact" || s.request.Limit > 0 || s.request.DryRun || !slices.Contains(s.plan.names, "Account.Name") {
		return nil
	}
	ids := s.replica.takeAccounts()
	for chunk := range slices.Chunk(ids, companyChunk) {
		where := joinAnd(s.plan.scope(), idIn("AccountId", chunk))
		rows := s.replica.config.Client.Query(ctx, s.soql(where, "Id"))
		if err := s.read(ctx, rows, func(salesforce.Record) {}); err != nil {
			s.replica.addAccounts(ids)
			return err
		}
	}
	return nil
}
