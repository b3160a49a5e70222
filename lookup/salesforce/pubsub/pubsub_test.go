package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest/pubsubtest"
)

const contacts = "/data/ContactChangeEvent"

// site is an org whose contacts are told, and a client of it.
type site struct {
	*testing.T
	org    *salesforcetest.Org
	server *pubsubtest.Server
	client *pubsub.Client
}

func newSite(t *testing.T, o pubsubtest.Options, c pubsub.Config) *site {
	t.Helper()
	s := &site{T: t, org: salesforcetest.NewOrg(salesforcetest.Options{})}
	s.must(s.org.Start())
	t.Cleanup(func() { _ = s.org.Close() })
	s.server = pubsubtest.New(s.org, o)
	s.server.Select("Contact", "Account")
	s.must(s.server.Start())
	t.Cleanup(s.server.Stop)
	rest, err := salesforce.New(salesforce.Config{InstanceURL: s.org.URL(), ClientID: s.org.ClientID(), ClientSecret: s.org.ClientSecret()})
	s.must(err)
	c.URL, c.Session, c.Dial = s.server.URL(), rest, rest.Dial
	s.client, err = pubsub.New(c)
	s.must(err)
	t.Cleanup(func() { _ = s.client.Close() })
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) create(name string) string {
	s.Helper()
	id, err := s.org.Create("Contact", salesforcetest.Fields{"FirstName": "Berta", "LastName": name})
	s.must(err)
	return id
}

// stream is a subscription under way.
type stream struct {
	*site
	cancel  context.CancelFunc
	batches chan pubsub.Batch
	end     chan error
}

func (s *site) subscribe(topic string, replay []byte) *stream {
	ctx, cancel := context.WithCancel(s.Context())
	st := &stream{site: s, cancel: cancel, batches: make(chan pubsub.Batch), end: make(chan error, 1)}
	go func() {
		st.end <- s.client.Subscribe(ctx, topic, replay, func(b pubsub.Batch) error {
			select {
			case st.batches <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	s.Cleanup(cancel)
	return st
}

// events waits for n events and gives them with the place behind them.
func (st *stream) events(n int) (all []pubsub.Event, replay []byte) {
	st.Helper()
	for len(all) < n {
		select {
		case b := <-st.batches:
			all, replay = append(all, b.Events...), b.Replay
		case err := <-st.end:
			st.Fatalf("after %d events of %d: %v", len(all), n, err)
		}
	}
	return all, replay
}

// stands waits for a sign of life.
func (st *stream) stands() []byte {
	st.Helper()
	select {
	case b := <-st.batches:
		return b.Replay
	case err := <-st.end:
		st.Fatal(err)
	}
	return nil
}

// ended waits for the end and gives why.
func (st *stream) ended() error {
	st.Helper()
	for {
		select {
		case <-st.batches:
		case err := <-st.end:
			return err
		}
	}
}

func soon() pubsubtest.Options { return pubsubtest.Options{First: time.Millisecond} }

// Each kind of change comes with the records and the time that it concerns.
func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon(), pubsub.Config{})
	st := s.subscribe(contacts, nil)
	st.stands()
	id := s.create("Beispiel")
	s.must(s.org.Update("Contact", id, salesforcetest.Fields{"LastName": "Muster", "Phone": "030 23125-101", "Email": ""}))
	s.must(s.org.Delete("Contact", id))
	s.must(s.org.Undelete("Contact", id))
	s.must(s.server.Gap("Contact", "GAP_UPDATE", id))
	s.must(s.server.Overflow("Contact", "003"))
	s.server.Garble("Contact")
	_, err := s.org.Create("Account", salesforcetest.Fields{"Name": "Beispiel GmbH"}) // another topic's
	s.must(err)
	var got []string
	events, _ := st.events(7)
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Change, " ", e.Entity, " ", strings.Join(e.IDs, ","), " ", e.Change.Gap()))
		if e.Change != pubsub.Unreadable && time.Since(e.Committed).Abs() > time.Minute {
			t.Errorf("%s was committed at %s", e.Change, e.Committed)
		}
	}
	want := []string{
		"CREATE Contact " + id + " false", "UPDATE Contact " + id + " false", "DELETE Contact " + id + " false", "UNDELETE Contact " + id + " false",
		"GAP_UPDATE Contact " + id + " true", "GAP_OVERFLOW Contact 003* true", "UNREADABLE   false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if events[6].Err == nil {
		t.Error("nobody says why the last event is unreadable")
	}
	st.cancel()
	if err := st.ended(); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// A stream that comes back with its replay id gets all that happened meanwhile,
// once, also by a topic of all objects and through a restart of the server.
func TestReplay(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{contacts, pubsubtest.AllChanges} {
		s := newSite(t, soon(), pubsub.Config{})
		st := s.subscribe(topic, nil)
		st.stands()
		first := s.create("Eins")
		events, replay := st.events(1)
		if events[0].IDs[0] != first {
			t.Fatalf("%+v", events)
		}
		s.server.Stop()
		err := st.ended()
		if err == nil || errors.Is(err, pubsub.ErrReplayLost) {
			t.Fatalf("ended with %v", err)
		}
		second, third := s.create("Zwei"), s.create("Drei")
		s.must(s.server.Start())
		var again *stream
		for again = s.subscribe(topic, replay); ; again = s.subscribe(topic, replay) {
			select {
			case b := <-again.batches:
				if got := b.Events; len(got) != 2 || got[0].IDs[0] != second || got[1].IDs[0] != third {
					t.Errorf("%s: replayed %+v", topic, got)
				}
			case <-again.end: // gRPC has not connected again yet
				continue
			}
			break
		}
	}
}

// More than a stream asks for at once comes in order and whole, and never more
// than 100 events are asked for ahead.
func TestFlow(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon(), pubsub.Config{})
	st := s.subscribe(contacts, nil)
	st.stands()
	var want []string
	for i := range 1234 {
		want = append(want, s.create(fmt.Sprintf("Beispiel %d", i)))
	}
	events, _ := st.events(len(want))
	for i, e := range events {
		if e.IDs[0] != want[i] {
			t.Fatalf("event %d is of %s, want %s", i, e.IDs[0], want[i])
		}
	}
	if n := s.server.Ahead(contacts); n < 50 || n > 100 {
		t.Errorf("%d events were asked for at once", n)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon(), pubsub.Config{})
	st := s.subscribe(contacts, nil)
	old := st.stands()
	st.cancel()
	s.server.Forget()
	for _, c := range []struct {
		name, topic string
		replay      []byte
		refuse      string
		status      codes.Code
		want        error
		cure        string
	}{
		{"topic", "/data/LeadChangeEvent", nil, "", 0, pubsub.ErrNoTopic, "Setup, Change Data Capture"},
		{"forgotten", contacts, old, "", 0, pubsub.ErrReplayLost, "polling"},
		{"corrupt", contacts, []byte("abc"), "", 0, pubsub.ErrReplayLost, "polling"},
		{"limit", contacts, nil, pubsubtest.LimitExceeded, codes.ResourceExhausted, pubsub.ErrLimit, "deliveries"},
		{"down", contacts, nil, pubsubtest.Unavailable, codes.Unavailable, nil, "7443"},
		{"forbidden", contacts, nil, pubsubtest.TopicNotFound, codes.PermissionDenied, pubsub.ErrNoTopic, "View All"},
	} {
		if c.refuse != "" {
			s.server.Refuse(c.status, c.refuse)
		}
		err := s.subscribe(c.topic, c.replay).ended()
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, other := range []error{pubsub.ErrNoTopic, pubsub.ErrReplayLost, pubsub.ErrLimit, pubsub.ErrSilent} {
			if other != c.want && errors.Is(err, other) { //nolint:errorlint // they are told apart here
				t.Errorf("%s is also %v", c.name, other)
			}
		}
		if cure := pubsub.Cure(err); !strings.Contains(cure, c.cure) {
			t.Errorf("%s: cure %q", c.name, cure)
		}
	}
}

// An expired session is replaced once before the stream stands; one that expires
// in the middle ends the stream, and its successor signs in anew.
func TestExpired(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon(), pubsub.Config{})
	st := s.subscribe(contacts, nil)
	replay := st.stands()
	s.org.ExpireSessions()
	id := s.create("Beispiel")
	if err := st.ended(); err == nil || !strings.Contains(err.Error(), pubsubtest.AuthError) {
		t.Fatalf("ended with %v", err)
	}
	events, _ := s.subscribe(contacts, replay).events(1)
	if events[0].IDs[0] != id {
		t.Errorf("%+v", events)
	}
	if n := s.org.Requests("/oauth2/token"); n != 2 {
		t.Errorf("signed in %d times, want 2", n)
	}
	for range 2 {
		s.server.Refuse(codes.Unauthenticated, pubsubtest.AuthError)
	}
	err := s.subscribe(contacts, nil).ended()
	if err == nil || !strings.Contains(pubsub.Cure(err), "API Enabled") {
		t.Errorf("%v: %s", err, pubsub.Cure(err))
	}
	if n := s.org.Requests("/oauth2/token"); n != 3 {
		t.Errorf("signed in %d times, want 3", n)
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon(), pubsub.Config{Silence: 50 * time.Millisecond})
	s.server.Mute(true)
	err := s.subscribe(contacts, nil).ended()
	if !errors.Is(err, pubsub.ErrSilent) || !strings.Contains(pubsub.Cure(err), "idle") {
		t.Errorf("%v", err)
	}
	// Signs of life are enough.
	s = newSite(t, pubsubtest.Options{KeepAlive: 10 * time.Millisecond}, pubsub.Config{Silence: 2 * time.Second})
	st := s.subscribe(contacts, nil)
	for range 300 {
		st.stands()
	}
}

// A handler's refusal ends the stream.
func TestHandlerFails(t *testing.T) {
	t.Parallel()
	s := newSite(t, soon(), pubsub.Config{})
	full := errors.New("full")
	if err := s.client.Subscribe(t.Context(), contacts, nil, func(pubsub.Batch) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"": true, "api.pubsub.salesforce.com:443": true, "https://api.deu.pubsub.salesforce.com:7443/": true, "http://127.0.0.1:9": true, "http://localhost:9": true,
		"http://api.pubsub.salesforce.com:7443": false, "ftp://127.0.0.1": false, "https://": false, "https://a:b@example.com": false, "https://example.com/x": false, "%": false,
	} {
		if err := pubsub.CheckURL(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
