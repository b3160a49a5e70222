package replica_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestUsers: deactivated, frozen and active again; portal users are not copied.
func TestUsers(t *testing.T) {
	m := newMapped(t, salesforcetest.Options{})
	org := m.fixture.org
	ada := org.AddUser(salesforcetest.User{LastName: "Agent", Username: "ada@example.com", Email: "ada@example.com"}).ID
	bob := org.AddUser(salesforcetest.User{LastName: "Beispiel", Username: "bob@example.com", Email: "bob@example.com"}).ID
	org.AddUser(salesforcetest.User{LastName: "Kunde", Username: "portal@example.com", Email: "portal@example.com", Type: "CspLitePortal"})
	for _, s := range []struct {
		name string
		do   func()
		want []string
	}{
		{"all active", func() {}, nil},
		{"deactivated", func() { m.must(org.SetActive(ada, false)) }, []string{ada}},
		{"and another frozen", func() { m.must(org.SetFrozen(bob, true)) }, []string{ada, bob}},
		{"active again", func() { m.must(org.SetActive(ada, true)) }, []string{bob}},
		{"of which nobody may know", func() { org.HideObject("UserLogin", true) }, nil},
		{"a day later", func() { m.pass(25 * time.Hour); m.must(org.SetActive(bob, false)) }, []string{bob}},
	} {
		m.pass(time.Minute)
		s.do()
		m.must(m.replica.SyncUsers(t.Context(), 0))
		got, err := m.directory.LockedOut(t.Context(), m.org.ID)
		m.must(err)
		if fmt.Sprint(got) != fmt.Sprint(s.want) {
			t.Errorf("%s: locked out are %v, want %v", s.name, got, s.want)
		}
	}
	users, err := m.directory.Users(t.Context(), m.org.ID)
	m.must(err)
	if len(users) != 3 || users[0].Email != "ada@example.com" || !users[0].MaySignIn() || users[1].MaySignIn() || users[1].Stamp.IsZero() {
		t.Errorf("users are %+v", users)
	}
	org.Inject(salesforcetest.Fault{Path: "/services/data", Code: "REQUEST_LIMIT_EXCEEDED", Times: -1})
	if err := m.replica.SyncUsers(t.Context(), 0); err == nil {
		t.Error("no error")
	}
	if got, _ := m.directory.LockedOut(t.Context(), m.org.ID); len(got) != 1 {
		t.Errorf("after a failure %v are locked out", got)
	}
}

// TestUsersLeaveCallsToOthers: users are asked for while the org's calls are used up
// to the reserve, also where polling has stopped, and not above it; then the status
// says what that means.
func TestUsersLeaveCallsToOthers(t *testing.T) {
	t.Parallel()
	m := newMapped(t, salesforcetest.Options{})
	org := m.fixture.org
	ada := org.AddUser(salesforcetest.User{LastName: "Agent", Username: "ada@example.com", Email: "ada@example.com"}).ID
	m.must(m.replica.SyncUsers(t.Context(), 0))
	m.must(org.SetActive(ada, false))
	for _, s := range []struct {
		used int
		asks bool
	}{{9000, true}, {9600, false}, {9000, true}} {
		m.pass(time.Minute)
		org.SetLimit(s.used, 10_000)
		_, err := m.client.ReadLimits(t.Context())
		m.must(err)
		before := org.Requests("/composite")
		err = m.replica.SyncUsers(t.Context(), 0)
		if asked := org.Requests("/composite") > before; asked != s.asks || (err == nil) != s.asks {
			t.Errorf("at %d of 10,000 calls users were asked for: %t, %v", s.used, asked, err)
		}
		told := slices.ContainsFunc(m.replica.OrgStatus().Advice, func(a lookup.Advice) bool { return strings.Contains(a.Problem, "who may sign in") && a.Cure != "" })
		if told == s.asks {
			t.Errorf("at %d of 10,000 calls the status tells it: %t", s.used, told)
		}
	}
}
