package bridge

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// liveOrg finds what its directory then knows, after a while.
type liveOrg struct {
	directory
	asked []string
	known bool
	err   error
}

func (l *liveOrg) Search(ctx context.Context, org string, n lookup.Number) (bool, error) {
	l.asked = append(l.asked, org+" "+string(n))
	select {
	case <-time.After(500 * time.Millisecond):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	l.known = l.err == nil
	return l.known, l.err
}

func (l *liveOrg) Find(ctx context.Context, s lookup.Scope, n lookup.Number) ([]lookup.Match, error) {
	if l.known && n == unknown {
		n = known
	}
	return l.directory.Find(ctx, s, n)
}

// withLive gives the bridge an org that can be searched, before its first event.
func (r *rig) withLive(l *liveOrg) *liveOrg {
	r.o.Live, r.o.Directory = l, l
	return l
}

// The call appears at once, with nobody; the same call then shows who it is.
func TestLiveSearchUpdatesTheCall(t *testing.T) {
	in(t, nil, func(r *rig) {
		l := r.withLive(&liveOrg{})
		r.step("1001 a delivered " + unknown)
		first := r.screens.shown("ada")
		if len(first.Matches) != 0 || first.Create == "" {
			t.Fatalf("at once: %+v", first)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		c := r.screens.shown("ada")
		if len(c.Matches) != 1 || c.ID != first.ID || c.Revision <= first.Revision || c.Create != "" {
			t.Errorf("afterwards: %+v", c)
		}
		if len(r.screens.navs) != 0 {
			t.Errorf("a late answer opened %+v", r.screens.navs)
		}
		if len(l.asked) != 1 || l.asked[0] != org+" "+unknown {
			t.Errorf("asked %q", l.asked)
		}
	})
}

func TestLiveSearchKeepsQuiet(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		call  string
		asked int
	}{
		"an error is not news":    {errors.New("the org is away"), unknown, 1},
		"known":                   {nil, known, 0},
		"a company's direct dial": {nil, company, 0},
		"withheld":                {nil, "withheld", 0},
		"internal":                {nil, "1002", 0},
	} {
		in(t, nil, func(r *rig) {
			l := r.withLive(&liveOrg{err: c.err})
			r.step("1001 a delivered " + c.call)
			before := r.screens.shown("ada")
			time.Sleep(time.Second)
			synctest.Wait()
			if after := r.screens.shown("ada"); len(l.asked) != c.asked || after.Revision != before.Revision {
				t.Errorf("%s: asked %q, revision %d after %d", name, l.asked, after.Revision, before.Revision)
			}
		})
	}
}

// The directory being away is no reason to ask the org.
func TestLiveSearchAfterAnErrorOfTheDirectory(t *testing.T) {
	in(t, nil, func(r *rig) {
		l := r.withLive(&liveOrg{directory: directory{broken: true}})
		r.step("1001 a delivered " + unknown)
		time.Sleep(time.Second)
		synctest.Wait()
		if len(l.asked) != 0 {
			t.Errorf("asked %q", l.asked)
		}
	})
}

// TestLiveSearchLogsNoNumber: an org may say in its error what it was asked.
func TestLiveSearchLogsNoNumber(t *testing.T) {
	in(t, nil, func(r *rig) {
		var log bytes.Buffer
		r.log = slog.New(slog.NewTextHandler(&log, nil))
		r.withLive(&liveOrg{err: errors.New("MALFORMED_SEARCH: FIND {" + strings.Join(lookup.Number(unknown).Notations(), " OR ") + "}, (030) 23125-" + unknown[len(unknown)-3:])})
		r.step("1001 a delivered " + unknown)
		time.Sleep(time.Second)
		synctest.Wait()
		if text := log.String(); !strings.Contains(text, "MALFORMED_SEARCH") || strings.Contains(text, unknown[len(unknown)-3:]) {
			t.Errorf("the log has %s", text)
		}
	})
}
