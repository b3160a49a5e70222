package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestGrowth(t *testing.T) {
	t.Parallel()
	line := func(n int, of func(i int) sample) *growth {
		g := &growth{}
		for i := range n {
			g.Samples = append(g.Samples, of(i))
		}
		g.judge()
		return g
	}
	for name, tt := range map[string]struct {
		g    *growth
		grew bool
		why  string
	}{
		"steady":              {line(15, func(i int) sample { return sample{Goroutines: 4100 + i%3, Heap: 60 + float64(i%4), RSS: 180} }), false, ""},
		"warm-up":             {line(15, func(i int) sample { return sample{Goroutines: 100, Heap: min(60, 20+10*float64(i)), RSS: 180} }), false, ""},
		"a peak at the end":   {line(15, func(i int) sample { return sample{Goroutines: 100, Heap: 60 + 100*float64(i/14), RSS: 180} }), false, ""},
		"leaking goroutines":  {line(15, func(i int) sample { return sample{Goroutines: 100 + 10*i, Heap: 60, RSS: 180} }), true, "goroutines from 150 to 220"},
		"leaking memory":      {line(15, func(i int) sample { return sample{Goroutines: 100, Heap: 60 + 4*float64(i), RSS: 180 + 8*float64(i)} }), true, "heap from 80 to 108"},
		"too short":           {line(3, func(i int) sample { return sample{Goroutines: 1000 * i} }), false, "too short"},
		"all of it, at twice": {line(6, func(i int) sample { return sample{Goroutines: 100 * i, Heap: 50 * float64(i), RSS: 80 * float64(i)} }), true, "RSS"},
	} {
		if tt.g.Grew != tt.grew || !strings.Contains(tt.g.Why, tt.why) {
			t.Errorf("%s: grew %t, %q; want %t, %q", name, tt.g.Grew, tt.g.Why, tt.grew, tt.why)
		}
	}
}

func TestTellSamples(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tellSamples(strings.NewReader("\n\n"), &out)
	if got := strings.Count(out.String(), "sample "); got != 2 {
		t.Errorf("%d samples: %q", got, out.String())
	}
}
