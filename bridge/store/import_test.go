package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

func TestImportTwiceChangesNothing(t *testing.T) {
	s := newStore(t)
	first := mustImport(t, s, document(), false)
	same(t, "first", first, ImportReport{Orgs: Counts{Added: 2}, Links: Counts{Added: 2}, Groups: Counts{Added: 2}, Agents: Counts{Added: 2}, Exclusions: Counts{Added: 2}})
	same(t, "document", stored(t, s), document())
	audit := actions(t, s)
	if len(audit) != 9 || audit[8] != admin+" config.import " {
		t.Errorf("audit %q", audit)
	}
	ids, err := s.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, replace := range []bool{false, true} {
		again := mustImport(t, s, document(), replace)
		same(t, "again", again, ImportReport{Orgs: Counts{Unchanged: 2}, Links: Counts{Unchanged: 2}, Groups: Counts{Unchanged: 2}, Agents: Counts{Unchanged: 2}, Exclusions: Counts{Unchanged: 2}})
		same(t, "document", stored(t, s), document())
		same(t, "audit", actions(t, s), audit)
	}
	after, err := s.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "ids", after, ids)
	noSecretInAudit(t, s)
}

func TestImportOfAnExportChangesNothing(t *testing.T) {
	s := newStore(t)
	want := document()
	want.Agents[0].SalesforceUser = userA // of the other org: another person
	mustImport(t, s, want, false)
	full, err := s.Document(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := bridge.MarshalDocument(&out, full); err != nil {
		t.Fatal(err)
	}
	d, err := bridge.ParseDocument(&out, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if r := mustImport(t, s, d, true); r.Changed() {
		t.Errorf("changed: %v", r)
	}
	same(t, "secrets are kept", stored(t, s), want)
}

func TestImportUpserts(t *testing.T) {
	s := newStore(t)
	mustImport(t, s, document(), false)
	ids := agentByEmail(t, s, "berta.beispiel@example.com").ID
	d := bridge.Document{
		Version: 1,
		Orgs:    []lookup.OrgConfig{{ID: orgA, Name: "Aleph", InstanceURL: "https://alpha.example.com"}},
		Agents: []bridge.Agent{
			{Email: "BERTA.beispiel@example.com", Org: orgA, Enabled: true, Groups: []string{"Sales"}},
			{Email: "carla@example.com", Org: orgA, Enabled: true},
		},
	}
	r := mustImport(t, s, d, false)
	same(t, "report", r, ImportReport{Orgs: Counts{Changed: 1}, Agents: Counts{Added: 1, Changed: 1}})
	b := agentByEmail(t, s, "berta.beispiel@example.com")
	same(t, "agent", b, bridge.Agent{ID: ids, Email: "BERTA.beispiel@example.com", Org: orgA, SalesforceUser: userA, Enabled: true, Groups: []string{"Sales"}})
	got := stored(t, s)
	if len(got.Orgs) != 2 || got.Orgs[0].Name != "Aleph" || got.Orgs[0].ClientSecret != "geheim-alpha" || len(got.Links) != 2 || len(got.Agents) != 3 {
		t.Errorf("document %+v", got)
	}
}

// TestImportLeavesDisabledAgents: a list of agents that does not speak of
// "enabled" must not let in whom an administrator has shut out.
func TestImportLeavesDisabledAgents(t *testing.T) {
	s := newStore(t)
	mustImport(t, s, document(), false)
	load := func(enabled string) bridge.Agent {
		t.Helper()
		text := "version: 1\nagents:\n  - {email: berta.beispiel@example.com, org: " + orgA + enabled + "}\n"
		d, err := bridge.ParseDocument(strings.NewReader(text), func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		mustImport(t, s, d, false)
		return agentByEmail(t, s, "berta.beispiel@example.com")
	}
	for _, step := range []struct {
		says string
		want bool
	}{{"", true}, {", enabled: false", false}, {"", false}, {", enabled: true", true}, {"", true}} {
		if a := load(step.says); a.Enabled != step.want || a.KeepEnabled {
			t.Errorf("after %q enabled is %v (%+v)", step.says, a.Enabled, a)
		}
	}
}

func TestImportReplaceRemoves(t *testing.T) {
	s := newStore(t)
	mustImport(t, s, document(), false)
	mustSave(t, s, session(agentByEmail(t, s, "berta.beispiel@example.com"), 1))
	full := document()
	small := bridge.Document{
		Version: 1, Orgs: full.Orgs[1:], Links: full.Links[1:], Groups: full.Groups[:1],
		Agents: []bridge.Agent{{Email: "anton.anders@example.com", Org: orgB, Devices: []bridge.Device{{Link: "mirror", Extension: "1"}}}},
	}
	r := mustImport(t, s, small, true)
	one := Counts{Unchanged: 1, Removed: 1}
	same(t, "report", r, ImportReport{Orgs: one, Links: one, Groups: one, Agents: Counts{Changed: 1, Removed: 1}, Exclusions: Counts{Removed: 2}})
	same(t, "document", stored(t, s), small)
	_, err := s.SessionByToken(t.Context(), token(1))
	wantIs(t, "session of a removed agent", err, bridge.ErrNotFound)
	// What is removed in the same breath cannot be referred to.
	_, err = s.Import(t.Context(), admin, bridge.Document{Version: 1, Agents: small.Agents}, true)
	var faults bridge.FieldErrors
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("got %v", err)
	}
	same(t, "document", stored(t, s), small)
	mustImport(t, s, bridge.Document{Version: 1}, true)
	same(t, "empty", stored(t, s), bridge.Document{Version: 1})
}

func TestImportIsAllOrNothing(t *testing.T) {
	s := newStore(t)
	mustImport(t, s, document(), false)
	audit := actions(t, s)
	d := document()
	d.Orgs[0].Name = "Aleph"
	d.Links[0].Password = "geheim-neu"
	d.Agents[0].Org, d.Agents[0].SalesforceUser = orgA, userB
	// Refused only when it comes to the agents: this user is another agent's.
	d.Agents = append(d.Agents, bridge.Agent{Email: "carla@example.com", Org: orgA, SalesforceUser: "005000000000009AAA"})
	if _, err := s.SaveAgent(t.Context(), admin, bridge.Agent{Email: "dora@example.com", Org: orgA, SalesforceUser: "005000000000009AAA"}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Import(t.Context(), admin, d, false)
	wantIs(t, "user taken", err, bridge.ErrConflict)
	got := stored(t, s)
	got.Agents = got.Agents[:2]
	same(t, "document", got, document())
	same(t, "audit", actions(t, s)[:len(audit)], audit)
}

func TestImportLetsAgentsSwapUsers(t *testing.T) {
	s := newStore(t)
	d := document()
	d.Agents[0].Org, d.Agents[0].SalesforceUser = orgA, userB
	mustImport(t, s, d, false)
	d.Agents[0].SalesforceUser, d.Agents[1].SalesforceUser = userA, userB
	mustImport(t, s, d, false)
	same(t, "document", stored(t, s), d)
}

func TestImportDoesNotTouchItsArgument(t *testing.T) {
	d := document()
	d.Agents[1].Org, d.Orgs[0].InstanceURL, d.Orgs[0].Origins[0] = orgA[:15], "https://alpha.example.com/", "https://x.example.com/"
	before := fmt.Sprint(d)
	mustImport(t, newStore(t), d, false)
	same(t, "argument", fmt.Sprint(d), before)
}

const killEnv = "CTIBRIDGE_TEST_KILL"

// TestAcknowledgedSurvivesKill runs this test again as a process of its own,
// kills that in the middle of its work and looks whether everything it had
// acknowledged is there.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	if path := os.Getenv(killEnv); path != "" {
		writeUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "state.db")
	child := exec.Command(os.Args[0], "-test.run=^TestAcknowledgedSurvivesKill$", "-test.timeout=60s")
	child.Env = append(os.Environ(), killEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []int
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "done %d", &n); err != nil {
			t.Fatal(lines.Text())
		}
		if acknowledged = append(acknowledged, n); len(acknowledged) == 300 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < 300 {
		t.Fatalf("the other process ended by itself after %d writes", len(acknowledged))
	}
	s := open(t, path)
	for _, n := range acknowledged {
		if _, err := s.SessionByToken(t.Context(), token(n)); err != nil {
			t.Errorf("session %d was acknowledged and is lost: %v", n, err)
		}
		if n%10 == 0 {
			agentByEmail(t, s, fmt.Sprintf("a%d@example.com", n))
		}
	}
}

func writeUntilKilled(t *testing.T, path string) {
	s, err := Open(t.Context(), path, testKey())
	if err != nil {
		t.Fatal(err)
	}
	agent := crowd(t, s, 10_000)
	for worker := range 8 {
		go func() {
			for n := worker; ; n += 8 {
				if n%10 == 0 {
					if _, err := s.SaveAgent(context.Background(), admin, bridge.Agent{Email: fmt.Sprintf("a%d@example.com", n), Org: orgA}); err != nil {
						panic(err)
					}
				}
				if err := s.SaveSession(context.Background(), session(agent(n), n), [32]byte{}, noTicket); err != nil {
					panic(err)
				}
				fmt.Printf("done %d\n", n)
			}
		}()
	}
	select {}
}

func TestImportReportText(t *testing.T) {
	r := ImportReport{Agents: Counts{Added: 3, Removed: 1}}
	if got := r.String(); !strings.HasSuffix(got, "agents: 3 added, 0 changed, 0 unchanged, 1 removed") || !r.Changed() {
		t.Error(got)
	}
}

func BenchmarkImport10000(b *testing.B) {
	d := document()
	for n := range 10_000 {
		d.Agents = append(d.Agents, bridge.Agent{
			Email: fmt.Sprintf("a%d@example.com", n), Org: orgA, Enabled: true,
			Devices: []bridge.Device{{Link: "main", Extension: fmt.Sprint(10_000 + n)}}, Groups: []string{"Sales"},
		})
	}
	for b.Loop() {
		b.StopTimer()
		s := newStore(b)
		b.StartTimer()
		mustImport(b, s, d, false)
	}
}
