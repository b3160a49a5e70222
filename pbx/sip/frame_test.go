package sip

import (
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/sip/message"
)

func TestFrame(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		n        int
		fails    bool
	}{
		{"nothing yet", "", 0, false},
		{"half a head", "SIP/2.0 200 OK\r\nl: 3\r\n", 0, false},
		{"half a body", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nab", 0, false},
		{"one and a half", "SIP/2.0 200 OK\r\nl: 3\r\n\r\nabcSIP", 27, false},
		{"no length", "SIP/2.0 200 OK\r\n\r\n", 0, true},
		{"no number", "SIP/2.0 200 OK\r\nContent-Length: 1e3\r\n\r\n", 0, true},
		{"huge", "SIP/2.0 200 OK\r\nContent-Length: 999999\r\n\r\n", 0, true},
		{"endless head", strings.Repeat("x", message.MaxSize+1), 0, true},
	} {
		n, err := frame([]byte(tt.in))
		if n != tt.n || (err != nil) != tt.fails {
			t.Errorf("%s: %d, %v", tt.name, n, err)
		}
	}
}

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
