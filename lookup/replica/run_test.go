package replica_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// clockwork is an org without network, for time in a bubble. It notes when it
// was asked for changes and how many asked at once.
type clockwork struct {
	start time.Time
	slow  time.Duration // of each query

	mu       sync.Mutex
	fail     error
	asked    []time.Duration
	at, most int
}

func (c *clockwork) OrgID(context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, time.Since(c.start))
	return "00D7Q0000000001UAA", c.fail
}

func (c *clockwork) Describe(_ context.Context, object string) (*salesforce.Object, error) {
	o := &salesforce.Object{Name: object, Searchable: true}
	for _, f := range []string{"Id", "SystemModstamp", "IsDeleted", "Name", "Phone"} {
		kind := "string"
		if f == "Phone" {
			kind = "phone"
		}
		o.Fields = append(o.Fields, salesforce.Field{Name: f, Type: kind})
	}
	return o, nil
}

func (c *clockwork) Count(context.Context, string) (int, error) { return 0, nil }

func (c *clockwork) Query(ctx context.Context, _ string) iter.Seq2[salesforce.Record, error] {
	return func(func(salesforce.Record, error) bool) {
		c.mu.Lock()
		c.at++
		c.most = max(c.most, c.at)
		c.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(c.slow):
		}
		c.mu.Lock()
		c.at--
		c.mu.Unlock()
	}
}

func (c *clockwork) QueryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	return c.Query(ctx, soql)
}

func (c *clockwork) times() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.asked...)
}

// running starts Run in the bubble and returns what stops and joins it.
func running(t *testing.T, r *replica.Replica) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ends with %v", err)
		}
	}
}

func sameTimes(got []time.Duration, want ...time.Duration) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] != want[i] {
			return false
		}
	}
	return true
}

func TestRunSyncsAtOnceAndThenEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{start: time.Now()}
		stop := running(t, replica.New(replica.Config{Client: c, Directory: newShelf(), Interval: time.Minute}))
		time.Sleep(2*time.Minute + time.Second)
		stop()
		if got := c.times(); !sameTimes(got, 0, time.Minute, 2*time.Minute) {
			t.Errorf("synced at %v", got)
		}
	})
}

func TestRunIsTriggered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{start: time.Now()}
		r := replica.New(replica.Config{Client: c, Directory: newShelf(), Interval: time.Minute})
		stop := running(t, r)
		time.Sleep(10 * time.Second)
		for range 5 {
			r.Trigger("Contact")
		}
		synctest.Wait()
		time.Sleep(time.Second)
		stop()
		if got := c.times(); !sameTimes(got, 0, 10*time.Second) && !sameTimes(got, 0, 10*time.Second, 10*time.Second) {
			t.Errorf("synced at %v, want at once and at ten seconds", got)
		}
	})
}

func TestRunAsksAFailingOrgLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{start: time.Now(), fail: &salesforce.Error{Op: "sign in", Code: "invalid_client", Status: 400}}
		r := replica.New(replica.Config{Client: c, Directory: newShelf(), Interval: time.Minute})
		stop := running(t, r)
		time.Sleep(31 * time.Minute)
		if got := c.times(); !sameTimes(got, 0, 2*time.Minute, 6*time.Minute, 14*time.Minute, 29*time.Minute) {
			t.Errorf("asked at %v", got)
		}
		c.mu.Lock()
		c.fail = nil
		c.mu.Unlock()
		r.Trigger("")
		synctest.Wait()
		for _, s := range r.Status() {
			if s.LastError != "" || s.Cure != "" {
				t.Errorf("status after the cure is %+v", s)
			}
		}
		stop()
	})
}

func TestNeverTwoSyncsOfAnOrgAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{start: time.Now(), slow: time.Second}
		r := replica.New(replica.Config{Client: c, Directory: newShelf(), Interval: time.Minute})
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := r.Sync(t.Context(), replica.SyncRequest{}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		synctest.Wait()
		if _, err := r.Sync(ctx, replica.SyncRequest{}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a sync that waits too long ends with %v", err)
		}
		group.Wait()
		if c.most != 1 {
			t.Errorf("%d queries at once", c.most)
		}
	})
}
