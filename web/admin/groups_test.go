package admin_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

func TestGroupRoundTrip(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	before := slices.Clone(f.groups)
	v := url.Values{
		"version": {b.version("/admin/groups/edit?name=Sales")}, "oldName": {"Sales"}, "name": {" Sales EMEA "}, "popOn": {"answer"}, "openRecord": {"no"},
		"internalCalls": {"yes"}, "showDetails": {"no"}, "createObject": {"none"}, "object": {"Account", "", "Contact"},
		"dialClass": {"national"}, "dialSharedCost": {"no"}, "dialBlocked": {"+49 137; +4932, +4932"}, "dialsPerMinute": {" 12 "}, "dialsPerTenSeconds": {"2"},
	}
	w := b.post("/admin/groups/edit", v, inDialog)
	mustStatus(t, w, http.StatusOK)
	mustContain(t, w.Body.String(), "The group Sales EMEA is saved.")
	want := before[0]
	want.Name = "Sales EMEA"
	want.Settings.DialClass, want.Settings.DialSharedCost = new(bridge.DialNational), new(false)
	want.Settings.DialBlocked = []string{"+49137", "+4932"}
	want.Settings.DialsPerMinute, want.Settings.DialsPerTenSeconds = new(12), new(2)
	if !reflect.DeepEqual(f.groups[0], want) {
		t.Errorf("saved %+v, want %+v", f.groups[0], want)
	}

	page := b.get("/admin/groups/edit?name=Sales+EMEA", inDialog).Body.String()
	mustContain(t, page, `<option value="national" selected>`, `value="&#43;49137, &#43;4932"`, `value="12"`, `value="2"`)

	mustStatus(t, b.post("/admin/groups/edit", url.Values{"name": {"Empty"}}), http.StatusSeeOther)
	if got := f.groups[2]; !reflect.DeepEqual(got, bridge.Group{Name: "Empty"}) {
		t.Errorf("a group without settings is saved as %+v", got)
	}
}

func TestGroupBadInput(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for _, c := range []struct{ field, value, problem string }{
		{"name", "  ", "Give the group a name"},
		{"name", strings.Repeat("x", 81), "at most 80 characters"},
		{"name", "two\nlines", "on one line"},
		{"name", "Sales", "Another group has this name"},
		{"popOn", "never", "Choose one of the values"},
		{"openRecord", "maybe", "Choose one of the values"},
		{"internalCalls", "1", "Choose one of the values"},
		{"showDetails", "true", "Choose one of the values"},
		{"createObject", "User", "Choose one of the values"},
		{"dialClass", "abroad", "Choose one of the values"},
		{"dialSharedCost", "1", "Choose one of the values"},
		{"dialBlocked", "0900", "Enter beginnings such as"},
		{"dialBlocked", "+49137, <script>", "Enter beginnings such as"},
		{"dialBlocked", strings.Repeat("+49137,", 300), "Enter beginnings such as"},
		{"dialsPerMinute", "0", "whole number from 1 to 600"},
		{"dialsPerTenSeconds", "2.5", "whole number from 1 to 600"},
		{"object", "Contact|Contact", "Contact is listed twice"},
		{"object", "Robert'); DROP", "Choose one of the values"},
		{"object", "A|B|C|D|E|F|G|H|I|J|K|L|M|N|O|P|Q|R|S|T|U", "No more than 20 objects"},
	} {
		v := url.Values{"name": {"New"}}
		v[c.field] = strings.Split(c.value, "|")
		for _, how := range []func(*http.Request){inDialog, func(*http.Request) {}} {
			w := b.post("/admin/groups/edit", v, how)
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), c.problem)
		}
	}
	if len(f.groups) != 2 {
		t.Error("bad input was saved")
	}
}

func TestGroupRows(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	for do, want := range map[string]int{"add-object": 3, "remove-object-0": 1, "raise-object-1": 2, "raise-object-7": 2} {
		w := b.post("/admin/groups/edit", url.Values{"object": {"Account", "Contact"}, "do": {do}}, inDialog)
		mustStatus(t, w, http.StatusOK)
		if got := strings.Count(w.Body.String(), `name="object"`); got != want {
			t.Errorf("%s: %d rows, want %d", do, got, want)
		}
	}
}

func TestGroupConflict(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	v := url.Values{"version": {b.version("/admin/groups/edit?name=Sales")}, "oldName": {"Sales"}, "name": {"Sales"}}
	f.groups[0].Settings.Objects = []string{"Lead"}
	w := b.post("/admin/groups/edit", v, inDialog)
	mustStatus(t, w, http.StatusConflict)
	mustContain(t, w.Body.String(), "Somebody else has changed this group")
	if len(f.groups[0].Settings.Objects) != 1 {
		t.Error("the other change is lost")
	}
	v.Set("oldName", "gone")
	mustStatus(t, b.post("/admin/groups/edit", v), http.StatusNotFound)
}

func TestDeleteGroup(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	mustContain(t, b.get("/admin/groups/delete?name=Night+shift", inDialog).Body.String(), "has 1 members", `name="name" value="Night shift"`)
	mustStatus(t, b.post("/admin/groups/delete", url.Values{"name": {"Night shift"}}), http.StatusSeeOther)
	mustStatus(t, b.post("/admin/groups/delete", url.Values{"name": {"Night shift"}}), http.StatusNotFound)
	if len(f.groups) != 1 {
		t.Error("not deleted")
	}
}
