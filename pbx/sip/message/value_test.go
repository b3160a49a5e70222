package message_test

import (
	"testing"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

// TestParam: parameters count outside of quotes and brackets only, and in the
// first value of a list. "-" stands for none.
func TestParam(t *testing.T) {
	for _, tt := range []struct{ value, name, want string }{
		{"<sip:a@b>;tag=x", "tag", "x"},
		{"<sip:a@b;tag=inner>;TAG = x ;y", "tag", "x"},
		{`"a;tag=\";tag=no" <sip:a@b>;tag=x`, "tag", "x"},
		{`"<" <sip:a@b>;tag=x`, "tag", "x"},
		{"<sip:a@b;tag=inner>", "tag", "-"},
		{"SIP/2.0/UDP h;rport;branch=z9", "rport", ""},
		{"SIP/2.0/UDP h;rport;branch=z9", "branch", "z9"},
		{"SIP/2.0/UDP h;branch=z9, SIP/2.0/UDP i;rport", "rport", "-"},
		{"active;expires=60,other", "expires", "60"},
		{"active;expires=;reason=x", "expires", ""},
		{"active;expires=", "expires", "-"}, // it breaks off
		{"active;expire=60", "expires", "-"},
		{"", "tag", "-"},
		{";", "tag", "-"},
		{`"never closed;tag=x`, "tag", "-"},
	} {
		got := "-"
		if value := message.Param([]byte(tt.value), tt.name); value != nil {
			got = string(value)
		}
		if got != tt.want {
			t.Errorf("%s of %s is %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}
