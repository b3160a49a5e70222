package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

// A chosen telephone outlives a restart, has one agent, and ends with its shift,
// its agent and its link.
func TestDesks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	mustImport(t, s, document(), false)
	now := time.UnixMilli(time.Now().UnixMilli()).UTC()
	a, b := agentByEmail(t, s, "anton.anders@example.com").ID, agentByEmail(t, s, "berta.beispiel@example.com").ID
	desk := func(agent bridge.AgentID, extension string) bridge.Desk {
		return bridge.Desk{Agent: agent, Device: bridge.Device{Link: "main", Extension: extension}, Until: now.Add(time.Hour)}
	}
	save := func(d bridge.Desk) {
		t.Helper()
		if err := s.SaveDesk(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(what string, at time.Time, want ...bridge.Desk) {
		t.Helper()
		got, err := s.Desks(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		same(t, what, got, want)
	}
	save(desk(a, "150"))
	save(desk(a, "151"))
	wants("another one", now, desk(a, "151"))
	save(desk(b, "151"))
	wants("taken by a colleague", now, desk(b, "151"))
	save(desk("nobody", "152"))
	wants("nobody's", now, desk(b, "151"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	wants("after a restart", now, desk(b, "151"))
	wants("after the shift", now.Add(time.Hour))
	if err := s.EndDesk(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	wants("given back", now)
	save(desk(b, "150"))
	if err := s.DeleteAgent(t.Context(), admin, b); err != nil {
		t.Fatal(err)
	}
	wants("of a deleted agent", now)
}
