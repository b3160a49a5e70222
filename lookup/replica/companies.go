package replica

import (
	"context"
	"maps"
	"slices"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// A contact shows the name of its account, but renaming an account does not
// move the stamps of its contacts. So the contacts of changed accounts are read
// again after their account, and so are the records of other objects whose
// mapping leads to an account.

const (
	// companyChunk is how many accounts one query asks the contacts of; the ids
	// of 200 fit into an address of 6 KB.
	companyChunk = 200
	// maxCompanies bounds the accounts waiting; more of them make the next sync
	// of contacts a full one.
	maxCompanies = 5000
)

// maxSeenAccounts bounds what is remembered of the accounts behind the watermark.
const maxSeenAccounts = 20_000

// noteAccount remembers an account that has changed since the last sync: its stamp is
// behind the watermark, or before it and new to us, as that of a transaction that
// became visible late or in the moment of another.
func (s *objectSync) noteAccount(r lookup.Record) {
	if s.object != lookup.ObjectAccount || s.stored.IsZero() || s.request.DryRun {
		return
	}
	changed := r.Stamp.After(s.stored)
	if s.load == nil && len(s.seen) <= maxSeenAccounts {
		stamp, known := s.replica.seenAccounts[r.ID]
		changed = changed || s.replica.seenAccounts != nil && (!known || stamp != r.Stamp.UnixNano())
		s.seen[r.ID] = r.Stamp.UnixNano()
	}
	if changed && len(s.accounts) <= maxCompanies {
		s.accounts = append(s.accounts, r.ID)
	}
}

// keepSeen keeps which accounts a sync of changes has seen, and as of when: the next
// one reads those of the overlap again. Where too many have changed, or after a full
// run, it begins anew; then stamps alone tell what has changed.
func (s *objectSync) keepSeen(whole bool) {
	switch r := s.replica; {
	case s.object != lookup.ObjectAccount || s.request.DryRun:
	case len(s.seen)+len(r.seenAccounts) > maxSeenAccounts:
		r.seenAccounts = nil
	case whole && s.request.Limit == 0:
		r.seenAccounts = s.seen
	case r.seenAccounts != nil:
		maps.Copy(r.seenAccounts, s.seen)
	}
}

// addAccounts hands accounts over to the next sync of each object that may show
// fields of its account; that is known when it is planned.
func (r *Replica) addAccounts(ids []string) {
	for _, o := range r.objects {
		if o.Object != lookup.ObjectAccount {
			r.addAccountsFor(o.Object, ids)
		}
	}
}

func (r *Replica) addAccountsFor(object string, ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := r.accounts[object]
	if waiting == nil {
		waiting = map[string]bool{}
		r.accounts[object] = waiting
	}
	for _, id := range ids {
		if len(waiting) <= maxCompanies {
			waiting[id] = true
		}
	}
}

// takeAccounts is what waits for a sync of an object; it is the caller's then.
func (r *Replica) takeAccounts(object string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := slices.Sorted(maps.Keys(r.accounts[object]))
	delete(r.accounts, object)
	return ids
}

// tooManyAccounts says that a full sync of the object costs less.
func (r *Replica) tooManyAccounts(object string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.accounts[object]) > maxCompanies && len(r.plans[object].plan.references) > 0
}

// settleAccounts begins a full run: one of contacts reads those of changed
// accounts anyway, one of accounts hands over which have changed. The function it
// returns ends the run; if that failed, nothing that waits is lost.
func (s *objectSync) settleAccounts() func(done bool) {
	if s.request.Limit > 0 || s.request.DryRun {
		return func(bool) {}
	}
	var waiting []string
	if s.object != lookup.ObjectAccount {
		waiting = s.replica.takeAccounts(s.object)
	}
	return func(done bool) {
		if !done {
			s.replica.addAccountsFor(s.object, waiting)
		}
		if s.object == lookup.ObjectAccount {
			s.replica.seenAccounts = nil
		}
		s.replica.addAccounts(s.accounts)
	}
}

// companies reads the records of changed accounts again, where they show fields
// of them.
func (s *objectSync) companies(ctx context.Context) error {
	if s.object == lookup.ObjectAccount || s.request.Limit > 0 || s.request.DryRun {
		return nil
	}
	if !s.foreseen {
		s.waiting = s.replica.takeAccounts(s.object)
	}
	for _, soql := range s.companySOQL() {
		if err := s.read(ctx, s.replica.queryAll(ctx, soql), func(salesforce.Record) {}); err != nil {
			return err
		}
	}
	s.waiting = nil
	return nil
}

// foreseeCompanies takes what waits before a turn of polling. Accounts that change
// in this turn are the next one's: asking for their contacts would cost a call of
// its own in nearly every turn.
func (s *objectSync) foreseeCompanies() []string {
	if !s.polled || s.object == lookup.ObjectAccount {
		return nil
	}
	s.foreseen, s.waiting = true, s.replica.takeAccounts(s.object)
	s.joined = min(len(s.waiting), companyChunk)
	if s.plan.scope() != "" || len(s.plan.references) == 0 {
		s.joined = 0
	}
	return s.companySOQL()
}

// withCompanies has the query for changes bring the records of the first accounts
// that wait as well: a query of their own would make a call more of most turns.
func (s *objectSync) withCompanies(changed string) string {
	for _, reference := range s.plan.references {
		if s.joined > 0 {
			changed = joinOr(changed, idIn(reference, s.waiting[:s.joined]))
		}
	}
	return changed
}

// companySOQL asks for the records of the accounts that wait, without those that
// come with the changes.
func (s *objectSync) companySOQL() (soqls []string) {
	for _, reference := range s.plan.references {
		for chunk := range slices.Chunk(s.waiting[s.joined:], companyChunk) {
			soqls = append(soqls, s.soql(joinAnd(s.plan.scope(), idIn(reference, chunk)), "Id"))
		}
	}
	return soqls
}

// keepWaiting gives back the accounts that the sync did not come to.
func (s *objectSync) keepWaiting() {
	if len(s.waiting) > 0 {
		s.replica.addAccountsFor(s.object, s.waiting)
		s.waiting = nil
	}
}
