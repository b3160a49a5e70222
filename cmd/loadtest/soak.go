package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sample is what the bridge's process holds at one moment. Heap is what lives
// after a garbage collection, RSS what the system has given; both in MB.
type sample struct {
	Minute     float64 `json:"minute"`
	Goroutines int     `json:"goroutines"`
	Heap       float64 `json:"heapMB"`
	RSS        float64 `json:"rssMB"`
}

// growth is what a soak says: the bridge's samples and whether it grew from the
// first third of the time on, when all caches and pools have their size.
type growth struct {
	Samples []sample `json:"samples"`
	Grew    bool     `json:"grew"`
	Why     string   `json:"why,omitempty"`
}

// What may come and go without being growth: a reader here and there, what the
// collector leaves, and fragmentation.
const (
	slackGoroutines = 32
	slackHeap       = 8  // MB, and an eighth
	slackRSS        = 24 // MB, and an eighth
)

// judge compares the end with the end of the first third. The lowest of the last
// three samples counts, so that a peak is no growth.
func (g *growth) judge() {
	n := len(g.Samples)
	if n < 4 {
		g.Why = "too short to tell"
		return
	}
	base, last := g.Samples[n/3], g.Samples[max(n/3+1, n-3):]
	least := func(of func(sample) float64) float64 {
		return of(slices.MinFunc(last, func(a, b sample) int { return int(1000 * (of(a) - of(b))) }))
	}
	for _, c := range []struct {
		what        string
		of          func(sample) float64
		slack, part float64
	}{
		{"goroutines", func(s sample) float64 { return float64(s.Goroutines) }, slackGoroutines, 0},
		{"heap", func(s sample) float64 { return s.Heap }, slackHeap, 1. / 8},
		{"RSS", func(s sample) float64 { return s.RSS }, slackRSS, 1. / 8},
	} {
		was, is := c.of(base), least(c.of)
		if is > was*(1+c.part)+c.slack {
			g.Grew = true
			g.Why += fmt.Sprintf("%s from %.0f to %.0f; ", c.what, was, is)
		}
	}
	g.Why = strings.TrimSuffix(g.Why, "; ")
}

// soak samples the bridge every minute until done is closed.
func (b *bench) soak(ctx context.Context, done <-chan struct{}) *growth {
	g := &growth{}
	begin := time.Now()
	tick := time.NewTicker(sampleEvery(b.o.Soak))
	defer tick.Stop()
	for ended := false; !ended && ctx.Err() == nil; {
		select {
		case <-tick.C:
		case <-done:
			ended = true
		case <-ctx.Done():
		}
		s, err := b.server.sample()
		if err != nil {
			fmt.Fprintln(os.Stderr, "loadtest: sample:", err)
			break
		}
		s.Minute = round(time.Since(begin).Minutes())
		g.Samples = append(g.Samples, s)
		fmt.Fprintf(os.Stderr, "loadtest: %5.1f min: %d goroutines, %.1f MB live heap, %.1f MB RSS\n", s.Minute, s.Goroutines, s.Heap, s.RSS)
	}
	g.judge()
	verdict := "no"
	if g.Grew {
		verdict = "yes, " + g.Why
	} else if g.Why != "" {
		verdict = g.Why
	}
	fmt.Fprintln(os.Stderr, "loadtest: growth:", verdict)
	return g
}

// sampleEvery is a minute, less for a soak of a few of them.
func sampleEvery(soak time.Duration) time.Duration {
	return max(time.Second, min(time.Minute, soak/10))
}

// sample asks the server's process what it holds.
func (s *server) sample() (sample, error) {
	if _, err := s.stdin.Write([]byte("\n")); err != nil {
		return sample{}, err
	}
	line, err := s.stdout.ReadString('\n')
	if err != nil {
		return sample{}, err
	}
	var out sample
	if _, err := fmt.Sscanf(line, "sample %d %f", &out.Goroutines, &out.Heap); err != nil {
		return sample{}, fmt.Errorf("the server says %q: %w", line, err)
	}
	out.RSS = residentMB(s.pid)
	return out, nil
}

// tellSamples is the server's side: a line on in, a sample on out.
func tellSamples(in io.Reader, out io.Writer) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_, _ = fmt.Fprintf(out, "sample %d %.3f\n", runtime.NumGoroutine(), float64(m.HeapAlloc)/(1<<20))
	}
}

// residentMB is what a process occupies now (proc(5)).
func residentMB(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kb)[0])
			return round(float64(n) / 1024)
		}
	}
	return 0
}
