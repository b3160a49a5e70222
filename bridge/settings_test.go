package bridge

import (
	"slices"
	"testing"
)

// TestUnitedSettings: where several groups speak of what protects, the strictest
// holds in any order; elsewhere the first one. The agent's own always win, but
// lift no blocked number.
func TestUnitedSettings(t *testing.T) {
	open := Settings{
		DialClass: ptr(DialInternational), DialSharedCost: ptr(true), DialsPerMinute: ptr(60), DialsPerTenSeconds: ptr(9), ShowDetails: ptr(true),
		LogCalls: ptr(true), DialBlocked: []string{"+4932"}, CreateObject: ptr("Lead"),
	}
	strict := Settings{
		DialClass: ptr(DialNational), DialSharedCost: ptr(false), DialsPerMinute: ptr(5), DialsPerTenSeconds: ptr(1), ShowDetails: ptr(false),
		LogCalls: ptr(false), DialBlocked: []string{"+4418", "+4932"}, CreateObject: ptr("Contact"),
	}
	silent := Settings{}
	own := Settings{DialClass: ptr(DialInternational), DialsPerMinute: ptr(30), LogCalls: ptr(true), DialBlocked: []string{"+431"}}
	for name, tt := range map[string]struct {
		settings []Settings // the agent's own first
		create   string
		dial     dialRights
		details  bool
		logs     bool
	}{
		"the strict group last": {
			[]Settings{{}, open, strict}, "Lead", dialRights{DialNational, false, []string{"+4418", "+4932"}, 5, 1}, false, false,
		},
		"the strict group first": {
			[]Settings{{}, strict, open, silent}, "Contact", dialRights{DialNational, false, []string{"+4418", "+4932"}, 5, 1}, false, false,
		},
		"one group": {[]Settings{{}, open}, "Lead", dialRights{DialInternational, true, []string{"+4932"}, 60, 9}, true, true},
		"the agent's own": {
			[]Settings{own, silent, strict}, "Contact", dialRights{DialInternational, false, []string{"+431", "+4418", "+4932"}, 30, 1}, false, true,
		},
		"the agent's own over one group": {
			[]Settings{own, strict}, "Contact", dialRights{DialInternational, false, []string{"+431", "+4418", "+4932"}, 30, 1}, false, true,
		},
		"nobody says anything": {
			[]Settings{silent, silent, silent}, "Lead", dialRights{DialInternational, true, nil, 20, 3}, true, true,
		},
	} {
		r := resolve(tt.settings)
		slices.Sort(r.dial.blocked)
		d, w := r.dial, tt.dial
		if r.create != tt.create || r.details != tt.details || r.logCalls != tt.logs || !slices.Equal(d.blocked, w.blocked) ||
			d.class != w.class || d.sharedCost != w.sharedCost || d.perMinute != w.perMinute || d.perTenSeconds != w.perTenSeconds {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
