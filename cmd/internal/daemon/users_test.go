package daemon_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/agent"
)

// TestDeactivatedUser: an agent whose Salesforce user is deactivated or frozen
// loses the panel, also over a restart, and has it back when that is undone.
func TestDeactivatedUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	w.stop()
	w.userEvery = 50 * time.Millisecond
	w.start()
	w.watching(2)
	ada, bob := w.signIn(adaEmail, "ada-1", true), w.signIn(bobEmail, "bob-1", true)
	id := w.users[adaEmail].ID
	out := func(at *screen) {
		t.Helper()
		if code, reason := at.Closed(); code != agent.CloseNoAgent || reason != bridge.ErrUserInactive.Error() {
			t.Errorf("the tab was closed with %d %q", code, reason)
		}
		tab := connect(t, w.tab(adaEmail, "ada-2", true))
		if code, reason := tab.Closed(); code != agent.CloseNoAgent || !strings.Contains(reason, "deactivated or frozen") {
			t.Errorf("signing in again ends with %d %q", code, reason)
		}
		resume := w.tab(adaEmail, "ada-1", true)
		resume.Ticket, resume.Resume = "", at.Welcome.Resume
		refused(t, resume, agent.CloseNotAuthenticated)
	}
	back := func() *screen {
		t.Helper()
		await(t, "she is let in again", func() bool { return strings.Contains(w.identified(adaEmail), "ok") })
		return w.signIn(adaEmail, "ada-1", true)
	}

	w.must(w.org.SetActive(id, false))
	out(ada)
	w.rings(bobExt, bob) // who is not disturbed
	w.must(w.org.SetActive(id, true))
	ada = back()
	w.rings(adaExt, ada)

	w.must(w.org.SetFrozen(id, true))
	out(ada)
	w.stop()
	w.userEvery = time.Hour // what was known before the restart counts
	w.org.HideObject("User", true)
	w.start()
	w.watching(2)
	refused(t, w.tab(adaEmail, "ada-1", true), agent.CloseNoAgent)
}

// identified signs in and says how that went.
func (w *world) identified(email string) string {
	tab := connect(w.t, w.tab(email, "trial", false))
	defer tab.Close()
	if _, err := tab.Read(); err != nil {
		return err.Error()
	}
	return "ok"
}
