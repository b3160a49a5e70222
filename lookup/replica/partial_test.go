package replica_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// veiled is an org that shows the run-as user less than there is: nothing, or
// only the first rows of each answer.
type veiled struct {
	*salesforce.Client
	nothing bool
	rows    int // of each query; all if 0
	asked   int // queries
}

func (v *veiled) Count(ctx context.Context, soql string) (int, error) {
	if v.nothing {
		return 0, nil
	}
	return v.Client.Count(ctx, soql)
}

func (v *veiled) Query(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	return v.cut(v.Client.Query(ctx, soql))
}

func (v *veiled) QueryAll(ctx context.Context, soql string) iter.Seq2[salesforce.Record, error] {
	if v.nothing {
		return v.cut(v.Client.QueryAll(ctx, soql))
	}
	return v.Client.QueryAll(ctx, soql)
}

func (v *veiled) cut(rows iter.Seq2[salesforce.Record, error]) iter.Seq2[salesforce.Record, error] {
	v.asked++
	return func(yield func(salesforce.Record, error) bool) {
		n := 0
		for row, err := range rows {
			if v.nothing || v.rows > 0 && n == v.rows || !yield(row, err) {
				return
			}
			n++
		}
	}
}

// veil puts a veiled org before a new replica.
func (f *fixture) veil() *veiled {
	v := &veiled{Client: f.client}
	f.replica = replica.New(replica.Config{Org: lookup.OrgConfig{ID: f.org.ID()}, Client: v, Directory: f.shelf})
	return v
}

// restart makes a new replica with the same shelf.
func (f *fixture) restart() {
	f.replica = replica.New(replica.Config{Org: lookup.OrgConfig{ID: f.org.ID()}, Client: f.client, Directory: f.shelf})
}

// watermark is the shelf's.
func (f *fixture) watermark(object string) time.Time {
	at, _ := f.shelf.Watermark(f.t.Context(), "", object)
	return at
}

// TestPermissionGivenLater: what the run-as user could not see is older than all
// that follows, and has to come when it may be seen.
func TestPermissionGivenLater(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.pass(time.Since(f.now)) // the org's clock is right
	id := f.create("Contact", contact("Verborgen", "030 23125-220"))
	v := f.veil()
	v.nothing = true
	for range 2 {
		result := f.sync(replica.SyncRequest{Object: "Contact"})
		if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "View All Records") {
			t.Errorf("warnings are %q", result.Warnings)
		}
	}
	if at := f.watermark("Contact"); !at.IsZero() {
		t.Errorf("watermark is %v, want none", at)
	}
	f.pass(time.Hour)
	v.nothing = false
	result := f.sync(replica.SyncRequest{Object: "Contact"})
	f.holds(id, true)
	if len(result.Warnings) != 0 || f.watermark("Contact").IsZero() {
		t.Errorf("warnings are %q, watermark %v", result.Warnings, f.watermark("Contact"))
	}
}

// TestEmptyObject: an org that has no leads at all is told so from one that
// hides them, and nobody is asked to give a permission that would help nothing.
func TestEmptyObject(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	for range 2 {
		if result := f.sync(replica.SyncRequest{Object: "Lead"}); len(result.Warnings) != 0 {
			t.Errorf("warnings are %q", result.Warnings)
		}
	}
	id := f.create("Lead", salesforcetest.Fields{"LastName": "Erste", "Company": "Beispiel GmbH", "Phone": "030 23125-223"})
	f.sync(replica.SyncRequest{Object: "Lead"})
	f.holds(id, true)
}

// TestPermissionTakenAndGivenBack: what changed in between comes too.
func TestPermissionTakenAndGivenBack(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.pass(time.Since(f.now))
	v := f.veil()
	old := f.create("Contact", contact("Alt", "030 23125-221"))
	f.sync(replica.SyncRequest{Object: "Contact"})
	v.nothing = true
	f.pass(time.Hour)
	meanwhile := f.create("Contact", contact("Zwischendurch", "030 23125-222"))
	f.sync(replica.SyncRequest{Object: "Contact", Full: true})
	f.holds(old, true)
	f.pass(time.Hour)
	f.create("Contact", contact("Neu", "030 23125-223"))
	v.nothing = false
	f.sync(replica.SyncRequest{Object: "Contact"})
	f.holds(meanwhile, true)
}

// TestShortAnswer: a first sync that got less than the org counts sets no
// watermark. What is new comes meanwhile, all of it is asked for again later.
func TestShortAnswer(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.must(f.org.Generate(50, nil))
	v := f.veil()
	v.rows = 20
	result := f.sync(replica.SyncRequest{Object: "Contact"})
	if len(result.Warnings) != 1 || !f.watermark("Contact").IsZero() {
		t.Fatalf("warnings are %q, watermark %v", result.Warnings, f.watermark("Contact"))
	}
	v.asked = 0
	f.pass(time.Minute)
	id := f.create("Contact", contact("Neu", "030 23125-224"))
	for range 3 {
		result = f.sync(replica.SyncRequest{Object: "Contact"})
	}
	f.holds(id, true)
	if v.asked != 0 || len(result.Warnings) != 1 || !f.watermark("Contact").IsZero() {
		t.Errorf("%d full queries at once; warnings %q, watermark %v", v.asked, result.Warnings, f.watermark("Contact"))
	}
	v.rows = 0
	f.sync(replica.SyncRequest{Object: "Contact", Full: true})
	if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != 51 || f.watermark("Contact").IsZero() {
		t.Errorf("%d contacts held, want 51; watermark %v", n, f.watermark("Contact"))
	}
}

// TestShortAnswerIsAskedForAgain: also after a restart.
func TestShortAnswerIsAskedForAgain(t *testing.T) {
	f := newFixture(t, salesforcetest.Options{})
	f.must(f.org.Generate(50, nil))
	f.sync(replica.SyncRequest{Object: "Contact"})
	f.must(f.org.Generate(50, nil))
	v := f.veil()
	v.rows = 20
	f.sync(replica.SyncRequest{Object: "Contact", Full: true})
	f.restart()
	f.sync(replica.SyncRequest{Object: "Contact"})
	if n, _ := f.shelf.Count(t.Context(), "", "Contact"); n != 100 {
		t.Errorf("%d contacts held, want 100", n)
	}
}
