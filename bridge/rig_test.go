package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

const org = "00D000000000001EAA"

// Numbers of the tests, as the PBX sends them and in E.164.
const (
	known   = "+493023125101"
	several = "+493023125200"
	company = "+493023125300"
	unknown = "+493023125999"
	slow    = "+493023125777"
	// ambiguous is Zurich or, behind the 0 for a line, an area that has the customer.
	ambiguous, himmelpforten = "0041446681800", "+4941446681800"
)

// directory answers from a map; slow is answered after a second only.
type directory struct{ broken bool }

func (d *directory) Find(ctx context.Context, s lookup.Scope, n lookup.Number) ([]lookup.Match, error) {
	if d.broken {
		return nil, fmt.Errorf("disk full")
	}
	if n == slow {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
			n = known
		}
	}
	match := func(id, object, how string) lookup.Match {
		return lookup.Match{ID: id, Object: object, Org: s.Org, Name: "Berta Beispiel", Company: "Example GmbH", Match: how}
	}
	switch n {
	case known:
		return []lookup.Match{match("003A", "Contact", lookup.MatchExact)}, nil
	case several:
		return []lookup.Match{match("003B", "Contact", lookup.MatchExact), match("00QB", "Lead", lookup.MatchExact)}, nil
	case himmelpforten:
		return []lookup.Match{match("003-of-"+s.User, "Contact", lookup.MatchExact)}, nil
	case company:
		return []lookup.Match{match("001C", "Account", lookup.MatchCompany)}, nil
	}
	return nil, nil
}

// screens write down what they are told, in words.
type screens struct {
	mu    sync.Mutex
	lines []string
	last  map[AgentID]Call
	navs  []Navigation
	// calls are all as shown last; again says what was shown once more with
	// nothing new: a frame to every tab of the agent, for nothing.
	calls map[CallID]Call
	again []string
}

func (s *screens) Show(a AgentID, c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, shown := s.calls[c.ID]
	was.Revision = c.Revision
	if shown && reflect.DeepEqual(was, c) {
		s.again = append(s.again, fmt.Sprintf("%s %s, revision %d", a, describe(c), c.Revision))
	}
	s.calls[c.ID] = c
	s.last[a] = c
	s.lines = append(s.lines, strings.TrimSpace(fmt.Sprintf("%s %s", a, describe(c))))
}

// shown is what the agent saw last.
func (s *screens) shown(a AgentID) Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[a]
}

func (s *screens) Navigate(a AgentID, tab TabID, n Navigation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.navs = append(s.navs, n)
	s.lines = append(s.lines, fmt.Sprintf("%s tab %s opens %s", a, tab, n.Record.ID))
}

func describe(c Call) string {
	party := c.Party.Number
	if c.Party.Withheld {
		party = "withheld"
	}
	out := fmt.Sprintf("%s %s %s", c.Direction, c.State, party)
	if c.Matches != nil {
		out += fmt.Sprintf(" %d", len(c.Matches))
	}
	if c.Create != "" {
		out += " create"
	}
	if c.Chosen != nil {
		out += " chosen=" + c.Chosen.ID
	}
	if c.Party.Probable {
		out += " probable"
	}
	if c.EndReason != "" {
		out += " " + string(c.EndReason)
	}
	if c.AnsweredBy != "" {
		out += " by " + c.AnsweredBy
	}
	if c.Group != "" {
		out += " via " + c.Group
	}
	if c.Note != nil {
		out += " note=" + c.Note.Text
	}
	if c.TransferredBy != "" {
		out += " by " + c.TransferredBy
	}
	if c.TransferredTo != "" {
		out += " to " + c.TransferredTo
	}
	return out
}

// dialer is a link that is told to dial and to hang up.
type dialer struct {
	name    string
	err     error
	watched []pbx.DeviceID
	dialled []string
	cleared []pbx.ConnectionID
	early   func(pbx.ConnectionID) // called before MakeCall returns
}

func (d *dialer) Name() string                                { return d.name }
func (d *dialer) Run(context.Context, chan<- pbx.Event) error { return nil }
func (d *dialer) Watch(devices []pbx.DeviceID)                { d.watched = devices }
func (d *dialer) Status() pbx.Status                          { return pbx.Status{} }
func (d *dialer) ClearConnection(_ context.Context, id pbx.ConnectionID) error {
	d.cleared = append(d.cleared, id)
	return nil
}

func (d *dialer) MakeCall(_ context.Context, calling pbx.DeviceID, called string) (pbx.ConnectionID, error) {
	if d.err != nil {
		return pbx.ConnectionID{}, d.err
	}
	d.dialled = append(d.dialled, called)
	id := pbx.ConnectionID{Call: pbx.CallID(fmt.Sprintf("dial-%d", len(d.dialled))), Device: calling}
	if d.early != nil {
		d.early(id)
	}
	return id, nil
}

type bindings map[AgentID]string

func (b bindings) Bind(_ context.Context, id AgentID, user string) error {
	if b[id] != "" {
		return ErrBoundToOther
	}
	b[id] = user
	return nil
}

// rig is a bridge with fakes around it, inside a synctest bubble.
type rig struct {
	*Bridge
	t       *testing.T
	dir     *directory
	screens *screens
	link    *dialer
	events  chan pbx.Event
}

func newRig(t *testing.T, change func(*Roster)) *rig {
	t.Helper()
	return newRigWith(t, nil, change)
}

// newRigWith is newRig with a journal.
func newRigWith(t *testing.T, journal Journal, change func(*Roster)) *rig {
	t.Helper()
	r := &rig{
		t: t, dir: &directory{}, link: &dialer{name: "toy"}, events: make(chan pbx.Event),
		screens: &screens{last: make(map[AgentID]Call), calls: make(map[CallID]Call)},
	}
	t.Cleanup(func() {
		if again := r.screens.again; len(again) > 0 {
			t.Errorf("shown again with nothing new: %q", again)
		}
	})
	eraser, _ := journal.(Eraser)
	r.Bridge = New(Options{Directory: r.dir, Bindings: bindings{}, Journal: journal, Eraser: eraser, Logger: slog.New(slog.DiscardHandler)})
	r.SetScreens(r.screens)
	if err := r.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	roster := Roster{
		Agents: []Agent{
			{ID: "ada", Email: "ada@example.com", Org: org, Devices: []Device{{"toy", "1001"}}, Enabled: true},
			{ID: "bob", Email: "bob@example.com", Org: org, Devices: []Device{{"toy", "1002"}, {"toy", "2002"}}, Enabled: true},
			{ID: "cyd", Email: "cyd@example.com", Org: org, Devices: []Device{{"toy", "1003"}}},
		},
		Switches: []Switch{{Link: r.link, Plan: lookup.DialPlan{Country: "DE", AreaCode: "30", OutsideLinePrefix: "0"}}},
	}
	if change != nil {
		change(&roster)
	}
	r.Configure(roster)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.Run(ctx, r.events); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

// in runs a test body in a bubble with its own time.
func in(t *testing.T, change func(*Roster), body func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { body(newRig(t, change)) })
}

// send hands an event to the bridge and waits until it did all it can.
func (r *rig) send(ev pbx.Event) {
	if ev.Time = time.Now(); ev.Link == "" {
		ev.Link = "toy"
	}
	r.events <- ev
	synctest.Wait()
}

// step parses and sends lines such as "1001 a delivered +4930…".
func (r *rig) step(line string) {
	r.t.Helper()
	f := strings.Fields(line)
	link, extension, ok := strings.Cut(f[0], "/")
	if !ok {
		link, extension = "toy", f[0]
	}
	ev := pbx.Event{
		Link: link, Direction: pbx.DirectionInbound,
		Connection: pbx.ConnectionID{Call: pbx.CallID(f[1]), Device: pbx.DeviceID(extension)},
	}
	party := pbx.Party{}
	if len(f) > 3 {
		party.Number = f[3]
		if f[3] == "withheld" {
			party = pbx.Party{Withheld: true}
		}
	}
	switch f[2] {
	case "delivered":
		ev.Kind, ev.Calling = pbx.EventDelivered, party
	case "queued": // to an agent, through a group
		ev.Kind, ev.Calling, ev.Group = pbx.EventDelivered, party, pbx.DeviceID(f[4])
	case "elsewhere":
		ev.Kind, ev.Cause = pbx.EventConnectionCleared, pbx.CauseAnsweredElsewhere
	case "on", "off": // an agent logs on at the device
		ev.Kind, ev.Agent = pbx.EventAgentLoggedOn, f[3]
		if f[2] == "off" {
			ev.Kind = pbx.EventAgentLoggedOff
		}
	case "ready":
		ev.Kind, ev.Agent = pbx.EventAgentReady, f[3]
	case "established":
		ev.Kind, ev.Calling = pbx.EventEstablished, party
	case "bare":
		ev.Kind, ev.Direction = pbx.EventEstablished, pbx.DirectionUnknown
	case "originated":
		ev.Kind, ev.Direction, ev.Called = pbx.EventOriginated, pbx.DirectionOutbound, party
	case "reached":
		ev.Kind, ev.Direction, ev.Called = pbx.EventEstablished, pbx.DirectionOutbound, party
	case "transferred":
		ev.Kind, ev.Calling = pbx.EventTransferred, party
	case "handed": // inferred: by whom, perhaps who
		ev.Kind, ev.Cause, ev.LastRedirection = pbx.EventTransferred, pbx.CauseTransfer, party
		ev.Calling = pbx.Party{Probable: true}
		if len(f) > 4 {
			ev.Calling = pbx.Party{Number: f[4], Withheld: f[4] == "withheld", Probable: true}
		}
		if ev.Calling.Withheld {
			ev.Calling.Number = ""
		}
	case "gone":
		ev.Kind, ev.Cause = pbx.EventConnectionCleared, pbx.CauseTransfer
	case "picked": // inferred: where it rang, and who
		ev.Kind, ev.Cause, ev.LastRedirection = pbx.EventEstablished, pbx.CausePickup, party
		ev.Calling = pbx.Party{Number: f[4], Probable: true}
	case "moved", "took", "brought": // the switch says so: by whom, and who
		ev.Kind, ev.Cause, ev.LastRedirection, ev.Calling = pbx.EventTransferred, pbx.CauseTransfer, party, pbx.Party{Number: f[4]}
		if f[2] == "took" {
			ev.Kind, ev.Cause = pbx.EventEstablished, pbx.CausePickup
		}
		if f[2] == "brought" { // as a call of its own, which did not ring
			ev.Kind = pbx.EventEstablished
		}
	case "pickup":
		ev.Kind, ev.Direction, ev.Cause, ev.LastRedirection = pbx.EventEstablished, pbx.DirectionOutbound, pbx.CausePickup, party
	case "alive":
		ev.Kind, ev.Connections = pbx.EventSnapshot, []pbx.Connection{{
			ID: ev.Connection, State: pbx.StateConnected, Direction: pbx.DirectionInbound, Calling: party,
		}}
	case "rings":
		ev.Kind, ev.Connections = pbx.EventSnapshot, []pbx.Connection{{
			ID: ev.Connection, State: pbx.StateAlerting, Direction: pbx.DirectionInbound, Calling: party,
		}}
	case "probable":
		party.Probable = true
		ev.Kind, ev.Calling = pbx.EventEstablished, party
	case "held":
		ev.Kind, ev.Calling = pbx.EventHeld, party
	case "retrieved":
		ev.Kind = pbx.EventRetrieved
	case "diverted":
		ev.Kind = pbx.EventDiverted
	case "cleared":
		ev.Kind = pbx.EventConnectionCleared
	case "cancelled":
		ev.Kind, ev.Cause = pbx.EventConnectionCleared, pbx.CauseCancelled
	case "declined":
		ev.Kind, ev.Cause = pbx.EventConnectionCleared, pbx.CauseRejected
	case "busy":
		ev.Kind, ev.Cause, ev.Detail = pbx.EventFailed, pbx.CauseBusy, "486 Busy Here"
	case "down":
		ev.Kind = pbx.EventLinkDown
	case "idle":
		ev.Kind = pbx.EventSnapshot
	case "wait":
		time.Sleep(must(time.ParseDuration(f[3])))
		synctest.Wait()
		return
	default:
		r.t.Fatalf("no such step: %s", line)
	}
	r.send(ev)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// takes returns what the screens were told since the last call.
func (r *rig) takes() []string {
	synctest.Wait()
	r.screens.mu.Lock()
	defer r.screens.mu.Unlock()
	lines := r.screens.lines
	r.screens.lines = nil
	return lines
}

func ptr[T any](v T) *T { return &v }
