package daemon_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestCustomObjectPops: an object of the org's own, from the document to the pop;
// what the org does not understand is not stored.
func TestCustomObjectPops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "udp")
	ada := w.signIn(adaEmail, "ada-1", true)
	w.must(w.org.AddObject("Branch__c", "a01", salesforcetest.Field{Name: "Hotline__c", Type: "phone"}, salesforcetest.Field{Name: "Kind__c"}))
	id, err := w.org.Create("Branch__c", salesforcetest.Fields{"Name": "Filiale Mitte", "Hotline__c": "030 23125-777", "Kind__c": "open"})
	w.must(err)

	c := w.client()
	defer c.Close()
	doc := w.document()
	doc.Orgs[0].Objects = []lookup.ObjectConfig{{Object: "Branch__c", Where: "Sort__c = 'open'"}}
	_, err = c.Import(t.Context(), doc, false)
	oneLine(t, err, "orgs[0].objects[0].where", "Sort__c", "Read Access")

	doc.Orgs[0].Objects[0].Where = "Kind__c = 'open'"
	doc.Orgs[0].Objects[0].Show = []string{"Kind__c", "Nothing__c"}
	w.load(doc, false)
	settings := ada.settles(func(s bridge.PanelSettings) bool { return len(s.Fields["Branch__c"]) == 2 })
	if settings.Fields["Branch__c"][0] != "Kind__c" {
		t.Errorf("the panel is told of %v", settings.Fields)
	}
	var found []daemon.Found
	await(t, "the branch is in the directory", func() bool {
		found, err = c.Lookup(t.Context(), "", []string{"+493023125777"})
		return err == nil && exact(found)
	})
	if m := found[0].Matches[0]; m.ID != id || m.Object != "Branch__c" {
		t.Errorf("found %+v", m)
	}
	if !slices.ContainsFunc(w.findings(), func(f daemon.Finding) bool {
		return f.Subject == "org Toy org, Branch__c" && f.Level == daemon.LevelWarning && strings.Contains(f.Text, "Branch__c.Nothing__c") && f.Cure != ""
	}) {
		t.Error("check does not tell of the field that nobody sees")
	}
	doc.Orgs[0].Objects[0].Disabled = true
	w.load(doc, false)
	await(t, "the branch has left the directory", func() bool {
		found, err = c.Lookup(t.Context(), "", []string{"+493023125777"})
		return err == nil && !exact(found)
	})
}

// settles reads on until the settings are as they should be.
func (s *screen) settles(good func(bridge.PanelSettings) bool) bridge.PanelSettings {
	s.t.Helper()
	for {
		if f := s.read(); f.Settings != nil && good(f.Settings.Settings) {
			return f.Settings.Settings
		}
	}
}
