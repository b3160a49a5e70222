package salesforce

import (
	"net/url"
	"testing"
)

func TestExceptions(t *testing.T) {
	for _, tt := range []struct {
		exception, address string
		around             bool
	}{
		{"example.com", "https://example.com", true},
		{"example.com", "https://a.Example.com", true},
		{"example.com", "https://badexample.com", false},
		{".example.com", "https://example.com", false},
		{".example.com", "https://a.b.example.com", true},
		{"*.example.com", "https://a.example.com", true},
		{"Example.com:8443", "https://example.com:8443", true},
		{"example.com:443", "https://example.com", true},
		{"example.com:80", "https://example.com", false},
		{"10.0.0.0/8", "https://10.1.2.3", true},
		{"10.0.0.0/8", "https://11.1.2.3", false},
		{"10.0.0.0/8", "https://ten.example.com", false},
		{"192.0.2.7", "https://192.0.2.7:9", true},
		{"192.0.2.7:9", "https://192.0.2.7", false},
		{"[2001:db8::1]", "https://[2001:db8::1]", true},
		{"2001:db8::/32", "https://[2001:db8::1]", true},
		{"*", "https://anything.example", true},
	} {
		all, err := parseExceptions([]string{tt.exception})
		if err != nil {
			t.Errorf("%s: %v", tt.exception, err)
			continue
		}
		u, err := url.Parse(tt.address)
		if err != nil {
			t.Fatal(err)
		}
		if all.match(u) != tt.around {
			t.Errorf("%s by %s: around is %t", tt.address, tt.exception, !tt.around)
		}
	}
	for _, bad := range []string{"", ".", "a b", "http://example.com", "10.0.0.0/99", "exa*mple.com", "u@example.com"} {
		if CheckProxyException(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
