package lookup

import (
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// Display skips libphonenumber's parser and must not differ for that.
func TestDisplayIsLibphonenumbers(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		example := phonenumbers.GetExampleNumber(region)
		if example == nil {
			continue
		}
		n := Number(phonenumbers.Format(example, phonenumbers.E164))
		parsed, err := phonenumbers.Parse(string(n), "")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := n.Display("DE"), phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL); got != want {
			t.Errorf("%s: Display gives %q, libphonenumber %q", n, got, want)
		}
	}
	if got, want := Number("+390612345678").Display("IT"), "+39 06 1234 5678"; got != want {
		t.Errorf("Display gives %q, want %q: the leading zero belongs to the number", got, want)
	}
}

func BenchmarkDisplay(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Number("+493023125101").Display("DE")
	}
}
