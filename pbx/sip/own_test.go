package sip

import (
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// TestOwnRequestsAreClean: what users and administrators type cannot add lines.
func TestOwnRequestsAreClean(t *testing.T) {
	for in, want := range map[string]string{
		"103": "103", "+4930": "+4930", "*8#": "*8%23", "a b": "a%20b", "x@y": "x%40y", "<>\"": "%3C%3E%22", "é": "%C3%A9", "1;a=b": "1;a=b",
	} {
		if got := escapeUser(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{"1\r\nX: y", "1\n", "\x00", "\x7f"} {
		if checkText(s) == nil {
			t.Errorf("%q was let through", s)
		}
	}
	uri := gosip.Uri{Scheme: "sip", User: escapeUser("0049 30"), Host: "example.com"}
	if uri.String() != "sip:0049%2030@example.com" {
		t.Errorf("got %s", uri.String())
	}
}
