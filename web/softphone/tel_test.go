package softphone

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTel(t *testing.T) {
	tests := []struct{ uri, number, extension string }{
		{"tel:+493023125101", "+493023125101", ""},
		{"tel:+49-30-23125-101", "+493023125101", ""},
		{"TEL:+49(30)23125.101", "+493023125101", ""},
		{"tel:%2B49%2030%2023125101", "+493023125101", ""},
		{"tel://+493023125101", "+493023125101", ""},
		{"tel:+493023125101;ext=12", "+493023125101", "12"},
		{"tel:101;phone-context=+493023125", "+493023125101", ""},
		{"tel:101;phone-context=example.com", "101", ""},
		{"tel:+493023125101;isub=4;EXT=1-2", "+493023125101", "12"},
		{"030 23125-101", "03023125101", ""},
		{"tel:*21#", "*21#", ""},
	}
	for _, test := range tests {
		tel, err := ParseTel(test.uri)
		if err != nil || tel.Number != test.number || tel.Extension != test.extension {
			t.Errorf("ParseTel(%q) = %+v, %v", test.uri, tel, err)
		}
	}
}

func TestParseTelRefuses(t *testing.T) {
	for _, uri := range []string{
		"", "tel:", "tel:+", "tel:abc", "sip:101@example.com", "javascript:alert(1)", "tel:1<b>2",
		"tel:49+30", "tel:*#", "tel:" + strings.Repeat("1", maxNumber+1), "tel:%00%01",
	} {
		if tel, err := ParseTel(uri); !errors.Is(err, ErrNoNumber) {
			t.Errorf("ParseTel(%q) = %+v, %v", uri, tel, err)
		}
	}
}

func FuzzParseTel(f *testing.F) {
	for _, seed := range []string{"tel:+49-30-23125101;ext=12", "tel:101;phone-context=+4930", "%2B49", "tel:%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		tel, err := ParseTel(uri)
		if err != nil {
			return
		}
		for _, part := range []string{tel.Number, tel.Extension} {
			if strings.Trim(strings.TrimPrefix(part, "+"), "0123456789*#") != "" {
				t.Fatalf("ParseTel(%q) lets %q through", uri, part)
			}
		}
		if again, err := ParseTel(tel.Number); err == nil && again.Number != tel.Number {
			t.Fatalf("%q is read as %q", tel.Number, again.Number)
		}
	})
}
