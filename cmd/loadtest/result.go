package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is what the program prints. Times are milliseconds.
type result struct {
	Scenario  string  `json:"scenario"`
	Agents    int     `json:"agents"`
	Numbers   int     `json:"numbers"`
	Rate      float64 `json:"rate,omitempty"` // asked for, calls/s
	Reached   float64 `json:"reached,omitempty"`
	Calls     int     `json:"calls"`
	Delivered int     `json:"delivered"`
	Lost      int     `json:"lost"`
	Misrouted int64   `json:"misrouted"`
	// Unmatched counts first frames that went out before the directory answered.
	Unmatched int64 `json:"unmatched"`
	// Repeated counts messages that were sent again for want of an answer.
	Repeated int64   `json:"repeated"`
	P50      float64 `json:"p50"`
	P90      float64 `json:"p90"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
	// CPU is the server's share of one core in percent, CPUPerMessage its
	// milliseconds for each NOTIFY.
	CPU           float64 `json:"serverCPUPercent"`
	CPUPerMessage float64 `json:"cpuPerNotifyMs,omitempty"`
	RSS           int     `json:"serverPeakRSSMB"`
	// Idle is what the server occupied before anything rang, in MB.
	Idle float64 `json:"serverIdleRSSMB,omitempty"`
	// Soak is what became of the server's process over a long time.
	Soak *growth `json:"soak,omitempty"`
	// Seconds is how long a reconnect took.
	Seconds float64 `json:"seconds,omitempty"`
	// Resynced is how long the re-sync took, in seconds.
	Resynced float64 `json:"resyncSeconds,omitempty"`
}

func (r *result) better(than *result) bool {
	if r.Lost != than.Lost {
		return r.Lost < than.Lost
	}
	return r.P99 < than.P99 || r.Seconds > 0 && r.Seconds < than.Seconds
}

// fill computes the percentiles.
func (r *result) fill(took []time.Duration) {
	r.Delivered = len(took)
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	at := func(p float64) float64 {
		i := min(len(took)-1, int(math.Ceil(p*float64(len(took))))-1)
		return round(float64(took[max(0, i)].Nanoseconds()) / 1e6)
	}
	r.P50, r.P90, r.P99, r.Max = at(.50), at(.90), at(.99), at(1)
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// usage is what a process has used so far.
type usage struct {
	cpu time.Duration
	rss int // MB, the most so far
}

// usageOf reads /proc (see proc(5)); a process id of 0 is nobody.
func usageOf(pid int) usage {
	if pid == 0 {
		return usage{}
	}
	var u usage
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		// Fields 14 and 15 are utime and stime in clock ticks of 10 ms; the
		// command name before them may hold blanks.
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(f) > 12 {
			user, _ := strconv.Atoi(f[11])
			system, _ := strconv.Atoi(f[12])
			u.cpu = time.Duration(user+system) * 10 * time.Millisecond
		}
	}
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
		for line := range strings.Lines(string(status)) {
			if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				n, _ := strconv.Atoi(strings.Fields(kb)[0])
				u.rss = n / 1024
			}
		}
	}
	return u
}
