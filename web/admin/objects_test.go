package admin_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/admin"
)

const objectPath = orgPath + "/object"

func (b *browser) objectValues(object string, more ...string) url.Values {
	v := url.Values{"version": {b.version(objectPath + "?object=" + object)}, "was": {object}, "object": {object}, "enabled": {"yes"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestObjectRoundTrip(t *testing.T) {
	f := sample()
	f.orgs[0].ClientSecret = ""
	f.fields = []admin.ObjectField{{Name: "Name", Label: "Full Name", Type: "string"}, {Name: "MobilePhone", Label: "Mobile", Type: "phone"}}
	b := newBrowser(t, f).signIn()
	page := b.get(objectPath + "?object=Contact").Body.String()
	mustContain(t, page, "Fields that the run-as user sees: 2", `data-insert="MobilePhone"`, `placeholder="MailingStreet, Account.BillingStreet"`)
	if strings.Index(page, `data-insert="MobilePhone"`) > strings.Index(page, `data-insert="Name"`) {
		t.Error("telephone fields do not come first")
	}
	w := b.post(objectPath, b.objectValues(
		"Contact", "field-numbers", "Phone, MobilePhone,*", "field-comment", "=VIP", "account", "001000000000001AAA", "show", "Title, Account.Industry",
		"where", " Email != null ", "limit", "500", "skipNames", "*, #", "vanished", "keep", "urls", "{instance}/{id}\r\nhttps://erp.example.com/?a=1,2&id={id}",
		"interval", "5m", "full", "0 4 * * 0",
	))
	mustStatus(t, w, http.StatusSeeOther)
	mustContain(t, b.get(orgPath).Body.String(), "Contact is saved")
	want := []lookup.ObjectConfig{{
		Object: "Contact", Fields: map[string][]string{"numbers": {"Phone", "MobilePhone", "*"}, "comment": {"=VIP"}}, Account: "001000000000001AAA",
		Show: []string{"Title", "Account.Industry"}, Where: "Email != null", Limit: 500, SkipNames: []string{"*", "#"}, Vanished: "keep",
		URLs: []string{"{instance}/{id}", "https://erp.example.com/?a=1,2&id={id}"}, Schedule: lookup.Schedule{Interval: "5m", Full: "0 4 * * 0"},
	}}
	if !reflect.DeepEqual(f.orgs[0].Objects, want) {
		t.Errorf("saved %+v", f.orgs[0].Objects)
	}
	mustContain(t, b.get(objectPath+"?object=Contact").Body.String(), `value="Phone, MobilePhone, *"`, "Back to the defaults", "Changes are read every 5 min", "Sun at 04:00")
	v := b.objectValues("", "object", "Branch__c")
	mustStatus(t, b.post(objectPath, v), http.StatusSeeOther)
	v = b.objectValues("", "object", "Branch__c")
	mustContain(t, b.post(objectPath, v, htmx).Body.String(), "This object is there already")

	mustContain(t, b.get(objectPath+"/reset?object=Branch__c", inDialog).Body.String(), "no longer copied")
	mustContain(t, b.get(objectPath+"/reset?object=Contact", inDialog).Body.String(), "by its defaults again")
	mustStatus(t, b.post(objectPath+"/reset", url.Values{"object": {"Contact"}}), http.StatusSeeOther)
	if len(f.orgs[0].Objects) != 1 {
		t.Errorf("left: %+v", f.orgs[0].Objects)
	}
}

func TestObjectBadInput(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	for _, c := range []struct{ field, value, english, german string }{
		{"object", "", "Enter the API name", "Geben Sie den API-Namen"},
		{"object", "Robert'); DROP", "is not the API name of an object", "ist kein API-Name"},
		{"field-numbers", "=030", "must be a field", "Nehmen Sie ein Feld"},
		{"field-city", "Über.Ort", "is neither a field", "ist weder ein Feld"},
		{"account", "003", "is not a Salesforce id", "ist keine Salesforce-ID"},
		{"where", "Type = 'x", "a quote that is not closed", "nicht geschlossen"},
		{"limit", "-1", "whole number from 0", "ganze Zahl von 0"},
		{"vanished", "hide", "is unknown", ""},
		{"urls", "javascript:alert(1)", "must be a web address", "muss eine Web-Adresse sein"},
		{"interval", "x", "Enter a pause", "Geben Sie eine Pause"},
	} {
		for lang, want := range map[string]string{"en": c.english, "de": c.german} {
			b.lang = lang
			v := b.objectValues("", "object", "Case")
			v.Set(c.field, c.value)
			w := b.post(objectPath, v, htmx)
			mustStatus(t, w, http.StatusUnprocessableEntity)
			mustContain(t, w.Body.String(), want, `id="`+c.field+`-help"`)
		}
	}
	if len(f.orgs[0].Objects) != 0 {
		t.Error("bad input was saved")
	}
}

// TestObjectIsChecked: what the org does not understand is not saved; an org that
// does not answer keeps nobody from saving.
func TestObjectIsChecked(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	f.objects = []*lookup.ObjectError{
		{Object: "Contact", Field: "where", Text: "Salesforce does not understand the where-clause: unexpected token", Cure: "Correct it."},
		{Object: "Contact", Field: "show[1]", Text: "the run-as user cannot see Secret__c", Warning: true},
	}
	w := b.post(objectPath, b.objectValues("Contact", "where", "nonsense"), htmx)
	mustStatus(t, w, http.StatusUnprocessableEntity)
	mustContain(t, w.Body.String(), "unexpected token", "Correct it.", `id="where-help"`)
	if len(f.orgs[0].Objects) != 0 {
		t.Error("it was saved")
	}
	f.objects = f.objects[1:]
	mustStatus(t, b.post(objectPath, b.objectValues("Contact", "show", "Title, Secret__c")), http.StatusSeeOther)
	mustContain(t, b.get(orgPath).Body.String(), "cannot see Secret__c")

	f.askErr = &admin.OrgError{Problem: "It does not answer.", Cure: "Wait."}
	mustContain(t, b.get(objectPath+"?object=Lead").Body.String(), "could not be asked for its fields", "It does not answer.")
	mustStatus(t, b.post(objectPath, b.objectValues("Lead", "where", "Email != null")), http.StatusSeeOther)
	mustContain(t, b.get(orgPath).Body.String(), "could not be asked whether it understands", "Wait.")
	f.askErr = errors.New("disk full")
	mustStatus(t, b.post(objectPath, b.objectValues("Lead", "where", "x = 1")), http.StatusInternalServerError)
}

func TestObjectConflict(t *testing.T) {
	f := sample()
	b := newBrowser(t, f).signIn()
	v := b.objectValues("Contact")
	f.orgs[0].Objects = []lookup.ObjectConfig{{Object: "Lead", Disabled: true}}
	w := b.post(objectPath, v, htmx)
	mustStatus(t, w, http.StatusConflict)
	mustContain(t, w.Body.String(), "Somebody else has changed the objects")
}

func TestScheduleInWords(t *testing.T) {
	b := newBrowser(t, sample()).signIn()
	for query, want := range map[string][2]string{
		"":                                {"Changes are read every 1 min 30 s.", "täglich um 03:00"},
		"interval=off":                    {"Changes are not polled", "nicht laufend abgefragt"},
		"interval=x":                      {"Enter a pause", "Geben Sie eine Pause"},
		"sync=*/15+*+*+*+*":               {"Also every 15 minutes.", "Außerdem alle 15 Minuten."},
		"sync=5+*+*+*+*":                  {"each hour at minute 5", "jede Stunde zur Minute 5"},
		"sync=30+8,12+*+*+1-5":            {"Mon–Fri at 08:30, 12:30", "Mo–Fr um 08:30, 12:30"},
		"full=0+4+1+*+*":                  {"on day 1 of each month at 04:00", "am 1. jedes Monats um 04:00"},
		"full=@weekly":                    {"Sun at 00:00", "So um 00:00"},
		"full=0+3+1-7+*+1":                {"by the expression 0 3 1-7 * 1", "nach dem Ausdruck 0 3 1-7 * 1"},
		"full=off":                        {"Never is every record read again", "Nie werden alle"},
		"full=x":                          {"Enter minute, hour", "Geben Sie Minute"},
		"baseInterval=5m&baseFull=off":    {"every 5 min", "Nie werden alle"},
		"interval=2h&baseInterval=5m":     {"every 2 h.", "alle 2 h"},
		"sync=0+8+*+*+*&full=<script>x":   {"Next further times:", "Nächste weitere Zeiten:"},
		"full=TZ%3DUTC+0+3+*+*+*&sync=of": {"Enter minute, hour", "Geben Sie Minute"},
	} {
		for i, lang := range []string{"en", "de"} {
			b.lang = lang
			w := b.get("/admin/orgs/schedule?"+query, htmx)
			mustStatus(t, w, http.StatusOK)
			mustContain(t, w.Body.String(), want[i])
		}
	}
}
