package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/identity"
)

// TestRedirections: one row a rule of who passed a call on and who was called.
func TestRedirections(t *testing.T) {
	div := "Diversion: "
	hist := "History-Info: "
	const first, second, third = "+493023125100", "+493023125101", "+493023125102"
	for _, tt := range []struct {
		name   string
		fields []string
		called string
		list   []string
	}{
		{"To is what was dialled", nil, first + " by To", nil},
		{"To names a person", []string{"To: <sip:sales@example.com>"}, "103 by Request-URI", nil},
		{"To names nobody", []string{"To: <sip:anonymous@anonymous.invalid>"}, "103 by Request-URI", nil},
		{"P-Called-Party-ID", []string{"P-Called-Party-ID: <sip:" + second + "@example.com>", "To: <sip:1@example.com>"}, second + " by P-Called-Party-ID", nil},
		{"dialled with a prefix that hides the caller", []string{"To: <sip:*31%23" + second + "@example.com>"}, second + " by To", nil},
		{
			"one diversion",
			[]string{div + `"Zentrale" <sip:` + second + `@example.com>;reason=no-answer;counter=1`},
			second + " Zentrale by Diversion",
			[]string{second + " Zentrale by Diversion no-answer 0"},
		},
		{
			"two, topmost is the last",
			[]string{div + "<tel:" + third + ">;reason=User-Busy", div + "<sip:" + second + `@example.com>;reason="unconditional";screen=no`},
			second + " unscreened by Diversion",
			[]string{third + " by Diversion user-busy 0", second + " unscreened by Diversion unconditional 0"},
		},
		{
			"two in one field",
			[]string{div + "<sip:" + third + "@example.com>;reason=deflection,<sip:" + second + "@example.com>;reason=away"},
			second + " by Diversion",
			[]string{third + " by Diversion deflection 0", second + " by Diversion away 0"},
		},
		{"a private diversion", []string{div + "<sip:" + second + "@example.com>;privacy=full;reason=user-busy"}, "withheld", []string{"withheld user-busy 0"}},
		{"an open one", []string{div + "<sip:" + second + "@example.com>;privacy=off"}, second + " by Diversion", []string{second + " by Diversion  0"}},
		{"an anonymous one", []string{div + "<sip:anonymous@anonymous.invalid>"}, "withheld", []string{"withheld  0"}},
		{"nobody", []string{div + "<sip:192.0.2.1>"}, first + " by To", nil},
		{
			"history of RFC 7044",
			[]string{hist + "<sip:" + first + "@example.com?Reason=SIP%3Bcause%3D302>;index=1,<sip:" + second + "@example.com>;index=1.1;mp=1, <sip:u@192.0.2.4>;index=1.1.1;rc=1.1"},
			first + " by History-Info",
			[]string{first + " by History-Info unconditional 302"},
		},
		{
			"twice, out of order, the cause in the target",
			[]string{
				hist + "<sip:" + third + "@example.com;cause=408>;index=1.2;mp=1.1", hist + "<sip:" + second + "@example.com;cause=486>;index=1.1;mp=1",
				hist + "<sip:" + first + "@example.com>;index=1;np=1",
			},
			first + " by History-Info",
			[]string{second + " by History-Info no-answer 408", first + " by History-Info user-busy 486"},
		},
		{
			"ten is after nine",
			[]string{hist + "<sip:" + third + "@example.com>;index=1.10;mp=1.9, <sip:" + second + "@example.com>;index=1.9;mp=1, <sip:" + first + "@example.com>;index=1"},
			first + " by History-Info",
			[]string{second + " by History-Info  0", first + " by History-Info  0"},
		},
		{
			"only contacts of one user",
			[]string{hist + "<sip:" + first + "@example.com>;index=1;np=1, <sip:x@192.0.2.4>;index=1.1;rc=1"},
			first + " by History-Info", nil,
		},
		{"who did is missing", []string{hist + "<sip:" + second + "@example.com>;index=1.1;mp=7"}, second + " by History-Info", nil},
		{
			"history of RFC 4244",
			[]string{hist + `<sip:` + first + `@example.com?Reason=Q.850%3Bcause%3D16%2CSIP%3Bcause%3D480%3Btext%3D%22Moved%22>;index=1, <sip:` + second + "@example.com>;index=1.1"},
			first + " by History-Info",
			[]string{first + " by History-Info deflection 480"},
		},
		{
			"RFC 4244 without a cause: it has only found its way",
			[]string{hist + "<sip:" + second + "@example.com>;index=1, <sip:103@192.0.2.4>;index=1.1"},
			second + " by History-Info", nil,
		},
		{
			"RFC 4244, another contact of the same user",
			[]string{hist + "<sip:" + second + "@example.com>;index=1, <sip:" + second + "@192.0.2.4;cause=302>;index=1.1"},
			second + " by History-Info", nil,
		},
		{
			"a private entry",
			[]string{hist + "<sip:" + second + "@example.com?Privacy=history&Reason=SIP%3Bcause%3D486>;index=1, <sip:" + third + "@example.com>;index=1.1;mp=1"},
			"withheld",
			[]string{"withheld user-busy 486"},
		},
		{
			"an entry that is not private",
			[]string{hist + "<sip:" + second + "@example.com?Privacy=none>;index=1, <sip:" + third + "@example.com>;index=1.1;mp=1"},
			second + " by History-Info",
			[]string{second + " by History-Info  0"},
		},
		{"a private first target, To would tell", []string{"Privacy: history", hist + "<sip:" + first + "@example.com>;index=1"}, "withheld", nil},
		{
			"the caller's privacy is not theirs",
			[]string{"Privacy: id", hist + "<sip:" + second + "@example.com>;index=1, <sip:" + third + "@example.com;cause=302>;index=1.1;mp=1"},
			second + " by History-Info",
			[]string{second + " by History-Info unconditional 302"},
		},
		{
			"Privacy: header is",
			[]string{"Privacy: header", hist + "<sip:" + second + "@example.com>;index=1, <sip:" + third + "@example.com>;index=1.1;mp=1"},
			"withheld",
			[]string{"withheld  0"},
		},
		{
			"history goes before diversion",
			[]string{div + "<sip:1@example.com>", hist + "<sip:" + second + "@example.com>;index=1, <sip:" + third + "@example.com>;index=1.1;mp=1"},
			second + " by History-Info",
			[]string{second + " by History-Info  0"},
		},
		{
			"no index, no brackets, odd causes",
			[]string{hist + "sip:" + second + "@example.com, <sip:" + third + "@example.com;cause=9999>;index=x;mp"},
			second + " by History-Info", nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := read(t, invite(tt.fields...), identity.Options{Trusted: true})
			if got := show(id.Called); got != tt.called {
				t.Errorf("called %s, want %s", got, tt.called)
			}
			var list []string
			for _, r := range id.Redirections {
				list = append(list, fmt.Sprintf("%s %s %d", show(r.Party), r.Reason, r.Cause))
			}
			if got, want := strings.Join(list, "|"), strings.Join(tt.list, "|"); got != want {
				t.Errorf("passed on by %s\nwant         %s", got, want)
			}
			if len(list) > 0 && id.LastRedirection() != id.Redirections[0].Party {
				t.Error("another last redirection")
			}
		})
	}
}

// TestEndlessRedirections: what is kept is bounded.
func TestEndlessRedirections(t *testing.T) {
	one := "<sip:+493023125101@example.com>;reason=unconditional"
	id := read(t, invite("Diversion: "+one+strings.Repeat(", "+one, 200)), identity.Options{})
	if len(id.Redirections) != identity.MaxRedirections || !id.Called.Known() {
		t.Errorf("%d redirections, called %s", len(id.Redirections), show(id.Called))
	}
}
