//go:build unix

package lookup

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// batch is as large as that of a full run.
const batch = 5_000 // as a full run commits

// fill loads n records in batches and returns how long each Apply took.
func fill(b *testing.B, d *Directory, from, n int, run int64) time.Duration {
	b.Helper()
	var spent time.Duration
	for i := from; i < from+n; i += batch {
		c := Changes{Org: orgA, Object: "Contact", Run: run}
		for j := i; j < i+batch; j++ {
			c.Upsert = append(c.Upsert, Record{
				ID: fmt.Sprintf("003A%011dAAA", j), Name: fmt.Sprintf("Berta Beispiel %d", j), Company: "Beispiel GmbH",
				Account: fmt.Sprintf("001A%011dAAA", j/5), Country: "DE", Owner: "005A00000000001AAA",
				Numbers: []Number{number(j)}, Stamp: time.Unix(int64(j), 0),
			})
		}
		began := time.Now()
		apply(b, d, c)
		spent += time.Since(began)
	}
	return spent
}

func BenchmarkFindHot(b *testing.B) {
	d := newDirectory(b)
	fill(b, d, 0, batch, 1)
	s := Scope{Org: orgA}
	ids(b, d, s, number(7))
	b.ReportAllocs()
	for b.Loop() {
		if m, err := d.Find(b.Context(), s, number7); len(m) != 1 || err != nil {
			b.Fatal(m, err)
		}
	}
}

var number7 = number(7) //nolint:gochecknoglobals // kept out of the loop

var size = flag.Int("records", 1_000_000, "records of BenchmarkFindPages; the budget speaks of ten million")

// BenchmarkFindPages asks numbers that ristretto does not hold, of a million
// records or -records; what is measured is SQLite over the page cache. Half of
// the numbers are on no record, which also asks for the company.
func BenchmarkFindPages(b *testing.B) {
	d := newDirectory(b)
	records := *size
	spent := fill(b, d, 0, records, 1)
	s := Scope{Org: orgA}
	began := time.Now()
	awaitFilter(b, d)
	built := time.Since(began)
	ask := func(b *testing.B, from, want int) {
		i, step, began := 0, 7919, processorTime(b)
		for b.Loop() {
			i = (i + step) % records
			if m, err := d.Find(b.Context(), s, number(from+i)); min(len(m), 1) > want || err != nil {
				b.Fatal(m, err)
			}
		}
		b.ReportMetric(float64((processorTime(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		b.ReportMetric(float64(records)/spent.Seconds(), "load-records/s")
		b.ReportMetric(built.Seconds(), "s-to-filter")
		b.ReportMetric(d.Stats().HitRatio, "hit-ratio")
		b.ReportMetric(resident(b), "MB-resident")
	}
	b.Run("known", func(b *testing.B) { ask(b, 0, 1) })
	b.Run("unknown", func(b *testing.B) { ask(b, records, 1) })
}

// BenchmarkFilterBuild reads all numbers of a million records, or -records.
func BenchmarkFilterBuild(b *testing.B) {
	d := newDirectory(b)
	fill(b, d, 0, *size, 1)
	awaitFilter(b, d)
	began := processorTime(b)
	b.ReportAllocs()
	for b.Loop() {
		rebuild(b, d)
	}
	b.ReportMetric(float64((processorTime(b)-began).Nanoseconds())/float64(b.N)/float64(*size), "cpu-ns/record")
}

// BenchmarkFindParallel asks all processors' worth of numbers at once, half of
// them on no record.
func BenchmarkFindParallel(b *testing.B) {
	d := newDirectory(b)
	records := *size
	fill(b, d, 0, records, 1)
	awaitFilter(b, d)
	var turn atomic.Int64
	began := processorTime(b)
	b.ReportAllocs()
	b.SetParallelism(4) // look-ups wait for each other's turn
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(turn.Add(1))
			if _, err := d.Find(b.Context(), Scope{Org: orgA}, number(i*7919%(2*records))); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64((processorTime(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// processorTime is what this process has used: on a machine that others use too
// it says more than the clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLoad loads a million records, or -records, while nobody asks.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		d := newDirectory(b)
		began := processorTime(b)
		spent := fill(b, d, 0, *size, 1)
		b.ReportMetric(float64(*size)/spent.Seconds(), "records/s")
		b.ReportMetric(float64(*size)/(processorTime(b)-began).Seconds(), "records/cpu-s")
		b.ReportMetric(resident(b), "MB-resident")
	}
}

// resident is the memory of this process, of the kernel's own count.
func resident(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0 // not on this system
	}
	var total, pages float64
	_, _ = fmt.Sscan(string(text), &total, &pages)
	return pages * float64(os.Getpagesize()) / (1 << 20)
}

// BenchmarkApply loads 200,000 records while look-ups go on, and says how long
// the slowest hundredth of them took.
func BenchmarkApply(b *testing.B) {
	for b.Loop() {
		d := newDirectory(b)
		fill(b, d, 0, batch, 1)
		ctx, stop := context.WithCancel(b.Context())
		var wg sync.WaitGroup
		var took []time.Duration
		wg.Go(func() {
			tick := time.NewTicker(2 * time.Millisecond)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				began := time.Now()
				if _, err := d.Find(ctx, Scope{Org: orgA}, number(i%batch)); err == nil {
					took = append(took, time.Since(began))
				}
			}
		})
		const records = 200_000
		spent := fill(b, d, batch, records, 1)
		stop()
		wg.Wait()
		slices.Sort(took)
		again := fill(b, d, batch, records, 2)
		b.ReportMetric(records/spent.Seconds(), "records/s")
		b.ReportMetric(records/again.Seconds(), "unchanged/s")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "find-p99-µs")
	}
}
