package lookup

import "testing"

func TestNumberIn(t *testing.T) {
	const n = Number("+493023125101")
	for text, want := range map[string]string{
		"+493023125101":                          "#",
		"call 030 23125101 back":                 "call # back",
		"call 030/23125-101.":                    "call #.",
		"Tel. +49 (0)30 23125-101, after 5":      "Tel. #, after 5",
		"0049 30 23 12 51 01":                    "#",
		"0049-30-23125101 or 03023125101":        "# or #",
		"030\u00a023125\u00a0101":                "#",
		"(030) 23125101":                         "(#",
		"030 23125-101/030 23125-102":            "#/030 23125-102",
		"030 23125102":                           "030 23125102",
		"030 231251015":                          "030 231251015",
		"order 99493023125101":                   "order 99493023125101",
		"030, in 23125 cases, of which 101 late": "030, in 23125 cases, of which 101 late",
		"":                                       "",
	} {
		got, named := n.Without(text, "#")
		if got != want || named != (got != text) {
			t.Errorf("%q becomes %q, %v; want %q", text, got, named, want)
		}
	}
	if got, named := Number("none").Without("none 030 23125101", "#"); named || got != "none 030 23125101" {
		t.Errorf("no number is named in %q", got)
	}
}

func FuzzNumberIn(f *testing.F) {
	f.Add("+493023125101", "030 23125-101 / +49 30 23125101")
	f.Add("+12025550100", "(202) 555-0100")
	f.Fuzz(func(t *testing.T, number, text string) {
		n, done := Number(number), 0
		for _, p := range n.In(text) {
			if p[0] < done || p[1] <= p[0] || p[1] > len(text) {
				t.Fatalf("places %v of %q", n.In(text), text)
			}
			done = p[1]
		}
		n.Without(text, "#")
	})
}
