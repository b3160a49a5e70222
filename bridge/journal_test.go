package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// notebook is a journal in memory.
type notebook struct {
	mu      sync.Mutex
	entries map[CallID]JournalEntry
	living  []JournalEntry
	err     error
	writes  int
	erased  []CallID
	// during, unless nil, is called once by the next write, which fails then.
	during func()
}

func (n *notebook) Erase(_ context.Context, calls []CallID) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.erased = append(n.erased, calls...)
	for _, id := range calls {
		if !n.entries[id].Secret {
			delete(n.entries, id)
		}
	}
	return nil
}

func (n *notebook) Keep(_ context.Context, entries []JournalEntry) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.writes++
	if during := n.during; during != nil {
		n.during = nil
		during()
		return errors.New("disk full")
	}
	if n.err != nil {
		return n.err
	}
	for _, e := range entries {
		n.entries[e.ID] = e
	}
	return nil
}

func (n *notebook) Living(context.Context) ([]JournalEntry, error) { return n.living, n.err }

func (n *notebook) Recent(context.Context, AgentID, bool) ([]RecentEntry, error) { return nil, n.err }

// of are the entries in the order of their ids, in words.
func (n *notebook) of(agent AgentID) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var lines []string
	for _, e := range n.entries {
		if e.Agent == agent {
			lines = append(lines, string(e.ID)+" "+inWords(e))
		}
	}
	slices.Sort(lines)
	for i, l := range lines {
		_, lines[i], _ = strings.Cut(l, " ")
	}
	return lines
}

// inWords is an entry as a test reads it: what is kept, and the steps.
func inWords(e JournalEntry) string {
	words := []string{}
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(e.Kept, "kept")
	add(e.Number != "", e.Number)
	add(e.Withheld, "withheld")
	add(e.Reason != "", string(e.Reason))
	words = append(words, "|")
	for _, s := range e.Steps {
		words = append(words, strings.TrimSuffix(s.Code.String()+":"+s.Arg, ":"))
	}
	return strings.Join(words, " ")
}

// inJournal runs a test body in a bubble, with a journal.
func inJournal(t *testing.T, change func(*Roster), living []JournalEntry, body func(r *rig, n *notebook)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for i := range living {
			living[i].Started = time.Now().Add(-time.Minute)
		}
		n := &notebook{entries: make(map[CallID]JournalEntry), living: living}
		body(newRigWith(t, n, change), n)
	})
}

func TestTrace(t *testing.T) {
	onAnswer := func(x *Roster) { popOn(x, Settings{PopOn: ptr(PopOnAnswer)}) }
	for name, tt := range map[string]struct {
		change func(*Roster)
		steps  []string
		agent  AgentID
		want   []string
	}{
		"opened by the tab": {
			steps: []string{"tab", "1001 a delivered " + known, "ack", "1001 a established", "1001 a cleared"}, agent: "ada",
			want: []string{"kept " + known + " hangup | delivered matches:one exact match popped tabAsked:t1 opened:t1 established ended:hangup"},
		},
		"no tab": {
			steps: []string{"1001 a delivered " + known, "1001 a cleared"}, agent: "ada",
			want: []string{"kept " + known + " abandoned | delivered matches:one exact match popped noTab ended:abandoned"},
		},
		"tab that does not answer": {
			steps: []string{"tab", "1001 a delivered " + known, "1001 a wait 2s"}, agent: "ada",
			want: []string{"kept " + known + " | delivered matches:one exact match popped tabAsked:t1 tabSilent:t1 noTab"},
		},
		"directory late": {
			steps: []string{"1001 a delivered " + slow, "1001 a wait 2s"}, agent: "ada",
			want: []string{"kept " + slow + " | delivered late popped matches:one exact match noTab"},
		},
		"several": {
			steps: []string{"1001 a delivered " + several}, agent: "ada",
			want: []string{"kept " + several + " | delivered matches:several records popped openSeveral"},
		},
		"company": {
			steps: []string{"1001 a delivered " + company}, agent: "ada",
			want: []string{"kept " + company + " | delivered matches:one company's line popped openCompany"},
		},
		"unknown": {
			steps: []string{"1001 a delivered " + unknown}, agent: "ada",
			want: []string{"kept " + unknown + " | delivered matches:nobody has the number popped openNone"},
		},
		"withheld": {
			steps: []string{"1001 a delivered withheld", "1001 a cleared"}, agent: "ada",
			want: []string{"kept withheld abandoned | delivered popped ended:abandoned"},
		},
		"internal calls do not pop, and are not kept": {
			steps: []string{"1001 a delivered 1002", "1001 a cleared"}, agent: "ada",
			want: []string{"1002 abandoned | delivered internal ended:abandoned over"},
		},
		"pop on answer": {
			change: onAnswer, steps: []string{"1001 a delivered " + unknown, "1001 a established"}, agent: "ada",
			want: []string{"kept " + unknown + " | delivered matches:nobody has the number onAnswer established popped openNone"},
		},
		"missed though it did not pop": {
			change: onAnswer, steps: []string{"1001 a delivered " + unknown, "1001 a cleared"}, agent: "ada",
			want: []string{"kept " + unknown + " abandoned | delivered matches:nobody has the number onAnswer ended:abandoned over"},
		},
		"in another conversation": {
			steps: []string{"1001 a established " + unknown, "1001 b delivered " + known}, agent: "ada",
			want: []string{
				"kept " + unknown + " | established matches:nobody has the number popped openNone",
				"kept " + known + " | delivered matches:one exact match popped openTalking",
			},
		},
		"device of nobody: no number": {
			steps: []string{"7777 a delivered " + known, "7777 a established " + known},
			want:  []string{"| delivered noAgent"},
		},
		"device of a disabled agent: no number": {
			steps: []string{"1003 a delivered " + known}, want: []string{"| delivered disabled"},
		},
		"an outgoing call that says nothing": {
			steps: []string{"1001 a bare"}, want: []string{"| established noParty"},
		},
		"repeated": {
			steps: []string{"1001 a delivered withheld", "1001 a delivered withheld", "1001 a delivered withheld"}, agent: "ada",
			want: []string{"kept withheld | delivered popped"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inJournal(t, tt.change, nil, func(r *rig, n *notebook) {
				for _, step := range tt.steps {
					r.play(step)
				}
				time.Sleep(journalEvery + time.Millisecond)
				synctest.Wait()
				if got := n.of(tt.agent); !slices.Equal(got, tt.want) {
					t.Errorf("the journal has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
			})
		})
	}
}

// play is step, and what a tab does.
func (r *rig) play(line string) {
	r.t.Helper()
	switch line {
	case "tab":
		r.TabChanged("ada", Tab{ID: "t1", Visible: true, Focused: true})
	case "ack":
		r.screens.mu.Lock()
		pop := r.screens.navs[len(r.screens.navs)-1].Pop
		r.screens.mu.Unlock()
		r.Navigated("ada", "t1", pop)
	default:
		r.step(line)
	}
}

func popOn(x *Roster, s Settings) {
	x.Groups = []Group{{Name: "g", Settings: s}}
	for i := range x.Agents {
		x.Agents[i].Groups = []string{"g"}
	}
}

// TestRestart: a call of the last life goes on under its id if it is the same
// one, and has ended otherwise.
func TestRestart(t *testing.T) {
	former := func(change func(*JournalEntry)) []JournalEntry {
		e := JournalEntry{
			ID: "c-old", Kept: true, Popped: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Ring: "c-ring",
			Direction: Inbound, Number: known, Revision: 7, Chosen: &RecordRef{"Contact", "003A"}, Steps: []Step{{Code: StepDelivered}},
		}
		if change != nil {
			change(&e)
		}
		return []JournalEntry{e}
	}
	answered := func(e *JournalEntry) { e.Answered = time.Unix(1, 0) }
	for name, tt := range map[string]struct {
		former []JournalEntry
		steps  []string
		goesOn bool
		reason EndReason // of the former call where it does not
	}{
		"in conversation":                   {former(answered), []string{"1001 a alive " + known}, true, ""},
		"in conversation, nobody says whom": {former(answered), []string{"1001 a alive"}, true, ""},
		"still rings":                       {former(nil), []string{"1001 a rings " + known, "1001 a delivered " + known}, true, ""},
		"still rings, nobody says whom":     {former(nil), []string{"1001 a rings"}, true, ""},
		"another caller under the same key": {former(answered), []string{"1001 a alive " + unknown, "1001 a cleared", "1001 a idle"}, false, EndHangup},
		"the other way under the same key":  {former(nil), []string{"1001 a originated " + known, "1001 x idle"}, false, EndAbandoned},
		"gone, talked":                      {former(answered), []string{"1001 x idle"}, false, EndHangup},
		"gone, rang":                        {former(nil), []string{"1001 x idle"}, false, EndAbandoned},
		"gone, dialled":                     {former(func(e *JournalEntry) { e.Outgoing = true }), []string{"1001 x idle"}, false, EndHangup},
		"device of nobody now":              {former(func(e *JournalEntry) { e.Device = "1009" }), nil, false, EndAbandoned},
		"agent of another org now":          {former(func(e *JournalEntry) { e.Org = "00D000000000002EAA" }), []string{"1001 a alive " + known}, false, EndAbandoned},
		"agent disabled now":                {former(func(e *JournalEntry) { e.Agent, e.Device = "cyd", "1003" }), nil, false, EndAbandoned},
		"nothing is heard for 12 h":         {former(nil), []string{"1001 x wait 12h1m"}, false, EndAbandoned},
		"nothing but its end is heard":      {former(answered), []string{"1001 a cleared"}, false, EndHangup},
		"the switch still names who handed it over": {
			former(func(e *JournalEntry) { answered(e); e.TransferredBy = "1002" }), []string{"1001 a alive 1002"}, true, "",
		},
		"a colleague's call under the same key": {former(answered), []string{"1001 a alive 1002", "1001 a cleared", "1001 a idle"}, false, EndHangup},
	} {
		t.Run(name, func(t *testing.T) {
			inJournal(t, nil, tt.former, func(r *rig, n *notebook) {
				for _, s := range tt.steps {
					r.step(s)
				}
				time.Sleep(journalEvery + time.Millisecond)
				synctest.Wait()
				c := r.screens.last["ada"]
				if goesOn := c.ID == "c-old"; goesOn != tt.goesOn {
					t.Errorf("the call is %+v, goes on: %t", c, goesOn)
				}
				if !tt.goesOn {
					if e := n.entries["c-old"]; e.Ended.IsZero() || e.Reason != tt.reason {
						t.Errorf("the former call is kept as %+v", e)
					}
					return
				}
				if c.Revision <= 7 || c.Party.Number != known || c.Chosen == nil || !c.StartedAt.Equal(tt.former[0].Started) {
					t.Errorf("it goes on as %+v", c)
				}
				if len(r.screens.navs) > 0 {
					t.Error("a record opens a second time")
				}
				if len(r.table.formers.on) != 0 {
					t.Error("it is still waited for")
				}
			})
		})
	}
}

// TestRestartKeeps: all that stands on a call that lives is there after a restart.
func TestRestartKeeps(t *testing.T) {
	before := &notebook{entries: make(map[CallID]JournalEntry)}
	note := Note{Text: "Wants the price list", Disposition: "Call back", FollowUp: "2026-11-30"}
	synctest.Test(t, func(t *testing.T) {
		r := newRigWith(t, before, nil)
		r.step("1002 a queued " + several + " Sales")
		r.step("1002 a established")
		r.chooses("bob", RecordRef{"Lead", "00QB"})
		r.writes("bob", note)
		if got := before.entries[r.call("bob").ID]; got.Note == nil || *got.Note != note || got.Chosen == nil {
			t.Errorf("what the agent was told to be kept is not: %+v", got)
		}
		r.step("1001 b delivered 1002")
		r.step("1001 b established 1002")
		r.step("1002 a gone")
		r.step("1001 b handed 1002 " + several)
		r.step("1002 c queued " + known + " Sales")
		r.step("1002 c established")
	})
	var living []JournalEntry
	for _, e := range before.entries {
		if e.Ended.IsZero() {
			living = append(living, e)
		}
	}
	inJournal(t, nil, living, func(r *rig, _ *notebook) {
		r.step("1001 b alive 1002") // FreeSWITCH knows no better
		r.step("1002 c alive")
		ada, bob := r.call("ada"), r.call("bob")
		if ada.Note == nil || *ada.Note != note || ada.Chosen == nil || ada.Chosen.ID != "00QB" || ada.TransferredBy != "1002" ||
			!ada.Party.Probable || ada.Party.Number != several || len(ada.Matches) != 2 {
			t.Errorf("the transferred call goes on as %+v", ada)
		}
		if bob.Group != "Sales" || bob.Party.Number != known || bob.Note != nil || bob.Chosen != nil {
			t.Errorf("the queue's call goes on as %+v", bob)
		}
		r.writes("ada", Note{Text: "Sent"})
		if c := r.call("ada"); c.Note.Text != "Sent" || c.Chosen.ID != "00QB" {
			t.Errorf("afterwards: %+v", c)
		}
	})
}

// TestRestartKeepsSecrets: what was made private, or erased, stays so over a
// restart, also where the switch names the caller anew; the next call does not.
func TestRestartKeepsSecrets(t *testing.T) {
	private := func(r *rig) {
		if err := r.Act(r.t.Context(), "ada", r.call("ada").ID, ActionPrivate, ""); err != nil {
			r.t.Fatal(err)
		}
	}
	erased := func(r *rig) { r.Forget(Subject{Numbers: []string{known}}) }
	next := []string{"ada inbound ringing " + unknown + " 0 create", "ada inbound ended " + unknown + " 0 create abandoned"}
	for name, tt := range map[string]struct {
		before func(*rig)
		steps  []string // after the restart, before the next call with the same key
		shown  []string
	}{
		"private, alive with its number":  {private, []string{"1001 a alive " + known, "1001 a held", "1001 a retrieved", "1001 a cleared"}, nil},
		"private, alive without a number": {private, []string{"1001 a alive", "1001 a cleared"}, nil},
		"private, named later":            {private, []string{"1001 a alive", "1001 a alive " + known, "1001 a cleared"}, nil},
		"private, over meanwhile":         {private, []string{"1001 x idle"}, nil},
		"private, nothing but its end":    {private, []string{"1001 a cleared"}, nil},
		"erased: shown, and not kept": {erased, []string{"1001 a alive " + known, "1001 a cleared"}, []string{
			"ada inbound connected " + known + " 1", "ada inbound ended " + known + " 1 hangup",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			kept := &notebook{entries: make(map[CallID]JournalEntry)}
			synctest.Test(t, func(t *testing.T) {
				r := newRigWith(t, kept, nil)
				r.step("1001 a delivered " + known)
				r.step("1001 a established")
				time.Sleep(journalEvery + time.Millisecond)
				tt.before(r)
			})
			living := slices.Collect(maps.Values(kept.entries))
			if len(living) != 1 || !living[0].Secret || living[0].Number != "" || living[0].Agent != "" || living[0].Steps != nil {
				t.Fatalf("what is kept of it is %+v", living)
			}
			inJournal(t, nil, living, func(r *rig, n *notebook) {
				for _, s := range tt.steps {
					r.step(s)
				}
				r.step("1001 x wait 1s")
				r.step("1001 a delivered " + unknown)
				r.step("1001 a cleared")
				if got := r.takes(); !slices.Equal(got, append(tt.shown, next...)) {
					t.Errorf("screens were told %q", got)
				}
				time.Sleep(journalEvery + time.Millisecond)
				synctest.Wait()
				for _, e := range n.entries {
					if e.Number == known || e.Secret && e.Ended.IsZero() {
						t.Errorf("kept: %+v", e)
					}
				}
			})
		})
	}
}

// TestRestartKeepsHandedSecret: who was consulted by an agent with a private call,
// and has an outside call after the restart, was handed it: nobody is shown it.
func TestRestartKeepsHandedSecret(t *testing.T) {
	mark := JournalEntry{ID: "c-a", Secret: true, Link: "toy", Key: "a", Device: "1001", Started: time.Now()}
	consulted := JournalEntry{ID: "c-b", Agent: "bob", Org: org, Link: "toy", Key: "b", Device: "1002", Direction: Internal, Number: "1001", Started: time.Now()}
	for _, tt := range []struct {
		living []JournalEntry
		steps  []string
		shown  int
	}{
		{[]JournalEntry{mark, consulted}, []string{"1001 x idle", "1002 b alive " + known, "1002 b cleared"}, 0},
		{[]JournalEntry{mark, consulted}, []string{"1002 b alive " + known, "1001 x idle", "1002 b cleared"}, 0},
		{[]JournalEntry{mark, consulted}, []string{"1002 b idle", "1002 c alive " + known, "1002 c cleared"}, 2}, // another call
		{[]JournalEntry{consulted}, []string{"1002 b alive " + known, "1002 b cleared"}, 2},
	} {
		inJournal(t, nil, tt.living, func(r *rig, n *notebook) {
			for _, s := range tt.steps {
				r.step(s)
			}
			if got := r.takes(); len(got) != tt.shown {
				t.Errorf("%v: screens were told %q", tt.steps, got)
			}
			time.Sleep(journalEvery + time.Millisecond)
			synctest.Wait()
			for _, e := range n.entries {
				if tt.shown == 0 && e.Number == known || e.Ended.IsZero() {
					t.Errorf("%v: kept %+v", tt.steps, e)
				}
			}
		})
	}
}

// TestExcludedSince: a call that lives is forgotten when its number is excluded,
// now or while the bridge was down.
func TestExcludedSince(t *testing.T) {
	council := []Exclusion{{Number: known}}
	in(t, nil, func(r *rig) {
		r.step("1001 a delivered " + known)
		x := Roster{Agents: []Agent{{ID: "ada", Org: org, Devices: []Device{{"toy", "1001"}}, Enabled: true}}, Switches: []Switch{{Link: r.link}}, Exclusions: council}
		r.Configure(x)
		r.step("1001 a established")
		r.step("1001 a cleared")
		want := []string{"ada inbound ringing " + known + " 1", "ada inbound ended  private"}
		if got := r.takes(); !slices.Equal(got, want) {
			t.Errorf("screens were told %q", got)
		}
	})
	for _, step := range []string{"1001 a alive " + known, "1001 x idle", "1001 x wait 13h"} {
		living := []JournalEntry{{ID: "c-old", Kept: true, Agent: "ada", Org: org, Link: "toy", Key: "a", Device: "1001", Direction: Inbound, Number: known}}
		inJournal(t, excluding(council...), living, func(r *rig, n *notebook) {
			r.step(step)
			time.Sleep(journalEvery + time.Millisecond)
			synctest.Wait()
			if len(n.entries) > 0 || len(r.takes()) > 0 || len(r.table.formers.on) > 0 {
				t.Errorf("%s: kept %+v", step, n.entries)
			}
			if !slices.Contains(n.erased, "c-old") {
				t.Errorf("%s: erased %v", step, n.erased)
			}
		})
	}
}

// TestJournalInTrouble: what the journal does not take waits and is written
// later; the decision goes on meanwhile, and what does not fit is counted.
func TestJournalInTrouble(t *testing.T) {
	inJournal(t, nil, nil, func(r *rig, n *notebook) {
		wait := func() {
			time.Sleep(journalEvery + time.Millisecond)
			synctest.Wait()
		}
		n.mu.Lock()
		n.err = errors.New("disk full")
		n.mu.Unlock()
		r.step("1001 a delivered " + known)
		r.step("7777 z delivered " + known)
		wait()
		if len(n.entries) != 0 || r.screens.last["ada"].State != Ringing {
			t.Fatalf("kept %v, shown %+v", n.entries, r.screens.last)
		}
		r.step("1001 a cleared")
		n.mu.Lock()
		n.err = nil
		n.mu.Unlock()
		wait()
		if got := n.of("ada"); len(got) != 1 || !strings.Contains(got[0], "abandoned") {
			t.Errorf("after the disk is well the journal has %v", got)
		}
		if got := n.of(""); len(got) != 1 {
			t.Errorf("the trace without an agent is %v", got)
		}
		for i := range maxStrays + 5 {
			r.send(pbx.Event{Kind: pbx.EventDelivered, Connection: pbx.ConnectionID{Call: pbx.CallID(fmt.Sprint(i)), Device: "7777"}})
		}
		wait()
		if lost := r.Stats().JournalLost.Load(); lost != 5 {
			t.Errorf("%d are counted as lost, want 5", lost)
		}
		writes := n.writes
		wait()
		if n.writes != writes {
			t.Error("an idle bridge writes")
		}
	})
}

// TestTraceIsBounded: however long a call goes on, a bounded number of steps is kept.
func TestTraceIsBounded(t *testing.T) {
	inJournal(t, nil, nil, func(r *rig, n *notebook) {
		r.step("1001 a established " + unknown)
		for range 100 {
			r.step("1001 a held")
			r.step("1001 a retrieved")
		}
		r.step("1001 a cleared")
		time.Sleep(journalEvery + time.Millisecond)
		synctest.Wait()
		for _, e := range n.entries {
			if len(e.Steps) > maxLegSteps+maxViewSteps {
				t.Errorf("%d steps", len(e.Steps))
			}
			if !slices.ContainsFunc(e.Steps, func(s Step) bool { return s.Code == StepMore }) {
				t.Error("nothing says that more happened")
			}
		}
	})
}

// TestForget: an erased call is not written any more, live or ended.
func TestForget(t *testing.T) {
	inJournal(t, nil, nil, func(r *rig, n *notebook) {
		r.step("1001 a delivered " + known)
		r.step("1002 b delivered " + unknown)
		r.Forget(Subject{Numbers: []string{known}})
		r.step("1001 a cleared")
		time.Sleep(journalEvery + time.Millisecond)
		synctest.Wait()
		if len(n.of("ada")) != 0 || len(n.of("bob")) != 1 {
			t.Errorf("the journal has %v", n.entries)
		}
		r.step("1001 c delivered " + known)
		r.step("1002 d delivered " + several)
		r.Forget(Subject{Record: "00QB"}) // one of those that several may be
		r.Forget(Subject{Agent: "ada"})
		time.Sleep(journalEvery + time.Millisecond)
		synctest.Wait()
		if len(n.of("ada")) != 0 || len(n.of("bob")) != 1 {
			t.Errorf("the journal has %v", n.entries)
		}
	})
}

// TestLastEntries: what happened just before the end is kept.
func TestLastEntries(t *testing.T) {
	n := &notebook{entries: make(map[CallID]JournalEntry)}
	synctest.Test(t, func(t *testing.T) {
		r := newRigWith(t, n, nil)
		r.step("1001 a delivered " + known)
	}) // the rig stops here
	if len(n.of("ada")) != 1 {
		t.Errorf("the journal has %v", n.entries)
	}
}

func TestStepNames(t *testing.T) {
	seen := map[string]bool{}
	for code := stepNone + 1; code <= StepMore; code++ {
		name, _ := code.MarshalText()
		var back StepCode
		if err := back.UnmarshalText(name); err != nil || back != code || len(name) == 0 || seen[string(name)] {
			t.Errorf("step %d is %q, read as %d, %v", code, name, back, err)
		}
		seen[string(name)] = true
		if words := (Step{Code: code, Arg: "x"}).Words(); words == "" || strings.Contains(words, "%!") {
			t.Errorf("step %s says %q", name, words)
		}
	}
	var newer StepCode
	if err := newer.UnmarshalText([]byte("ofTheFuture")); err != nil || newer != stepNone {
		t.Errorf("a step of a newer version is read as %v, %v", newer, err)
	}
}

type expirer struct {
	mu  sync.Mutex
	at  []time.Time
	err error
}

func (e *expirer) fails(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *expirer) Expire(_ context.Context, now time.Time) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.at = append(e.at, now)
	return int64(len(e.at)), e.err
}

// TestRunRetention: soon after the start, then daily; in an hour after an error.
func TestRunRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, began := &expirer{}, time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { RunRetention(ctx, e, slog.New(slog.DiscardHandler)); close(done) }()
		time.Sleep(24*time.Hour + 2*time.Minute)
		synctest.Wait()
		e.fails(errors.New("disk full"))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		e.fails(nil)
		time.Sleep(2 * time.Hour)
		cancel()
		<-done
		var got []time.Duration
		for _, at := range e.at {
			got = append(got, at.Sub(began))
		}
		day := 24 * time.Hour
		if want := []time.Duration{time.Minute, time.Minute + day, time.Minute + 2*day, time.Minute + 2*day + time.Hour}; !slices.Equal(got, want) {
			t.Errorf("it ran after %v, want %v", got, want)
		}
	})
}
