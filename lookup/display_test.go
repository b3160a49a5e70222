package lookup

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// libraryDisplay is how libphonenumber writes n abroad.
func libraryDisplay(n Number) string {
	p, national := plans().split(string(n[1:]))
	if p == nil {
		return string(n)
	}
	return phonenumbers.Format(p.parsed(national), phonenumbers.INTERNATIONAL)
}

func wantLibraryDisplay(t *testing.T, n Number) {
	t.Helper()
	if got, want := n.Display("DE"), libraryDisplay(n); got != want {
		t.Errorf("%s: Display gives %q, libphonenumber %q", n, got, want)
	}
}

// Display is libphonenumber's international format, without its expressions.
func TestDisplayIsLibphonenumbers(t *testing.T) {
	checked := 0
	check := func(example *phonenumbers.PhoneNumber) {
		if example != nil {
			checked++
			wantLibraryDisplay(t, Number(phonenumbers.Format(example, phonenumbers.E164)))
		}
	}
	for region := range phonenumbers.GetSupportedRegions() {
		for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.UNKNOWN; kind++ {
			check(phonenumbers.GetExampleNumberForType(region, kind))
		}
	}
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		check(phonenumbers.GetExampleNumberForNonGeoEntity(code))
	}
	if checked < 1000 {
		t.Errorf("only %d examples checked", checked)
	}
	if got, want := Number("+390612345678").Display("IT"), "+39 06 1234 5678"; got != want {
		t.Errorf("Display gives %q, want %q: the leading zero belongs to the number", got, want)
	}
}

// Random numbers of each calling code: half of them walk along its plan, so that
// they are valid or nearly, half are any digits.
func TestDisplayOfRandomNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for code, p := range plans().plans {
		for i := range 400 {
			national := anyDigits(random, 2+random.IntN(14-len(code)))
			if i%2 == 0 {
				national = walk(random, p, len(national))
			}
			wantLibraryDisplay(t, Number("+"+code+national))
		}
	}
}

func anyDigits(random *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte('0' + byte(random.IntN(10)))
	}
	return b.String()
}

// walk makes a number of n digits of which as many as can be begin a valid one.
func walk(random *rand.Rand, p *plan, n int) string {
	p.match("0") // builds the automaton
	var b strings.Builder
	for state := uint16(1); b.Len() < n; {
		digit := random.IntN(10)
		for range 10 {
			if p.kinds.next[state][digit] != 0 {
				break
			}
			digit = (digit + 1) % 10
		}
		state = p.kinds.next[state][digit]
		b.WriteByte('0' + byte(digit))
	}
	return b.String()
}

// Every layout of the metadata is understood, those of later releases too.
func TestLayoutsAreUnderstood(t *testing.T) {
	metadata, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range metadata.GetMetadata() {
		formats := m.GetIntlNumberFormat()
		if len(formats) == 0 {
			formats = m.GetNumberFormat()
		}
		for _, f := range formats {
			if _, err := newLayout(f); err != nil {
				t.Errorf("%s: %s as %s: %v", m.GetId(), f.GetPattern(), f.GetFormat(), err)
			}
		}
	}
}

func TestLayoutRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{`(\d{2})(\d{3})`, "$2 $1"},
		{`(\d{2})(\d{3})`, "$1"},
		{`(\d{2})(\d{3})`, "$1 $2 $3"},
		{`(\d{2})(\d{3})`, "$1 $2!"},
		{`(\d{2})9(\d{3})`, "$1 $2"},
		{`(\d{2}|9)`, "$1"},
		{`\d{2}`, "$1"},
		{``, ""},
		{`(\d`, "$1"},
	} {
		if spans, err := spansOf(c[0], c[1]); err == nil {
			t.Errorf("%s as %q is read as %v", c[0], c[1], spans)
		}
	}
}

func FuzzDisplay(f *testing.F) {
	for _, s := range []string{"+493023125101", "+390612345678", "+12125550100", "+80012345678", "+441632960000", "+49000", "+4915112345678"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Number(s)
		if !n.Valid() {
			if got := n.Display(""); got != s {
				t.Errorf("%q is no number and becomes %q", s, got)
			}
			return
		}
		wantLibraryDisplay(t, n)
	})
}

func TestDisplayAllocatesItsResultOnly(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _ = Number("+493023125101").Display("DE") }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDisplay(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Number("+493023125101").Display("DE")
	}
}
