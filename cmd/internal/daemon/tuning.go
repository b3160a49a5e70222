package daemon

import (
	"runtime"
	"runtime/debug"
)

const (
	// leastProcessors is how many of Go's processors (GOMAXPROCS) there are at
	// least. One that has work looks at the network every 10 ms only, and on a
	// machine of two cores a sync and the collector of garbage have work for both: a
	// NOTIFY then waits in its socket. With two more there is always one that waits
	// for the network, and the kernel gives it a core soon.
	leastProcessors = 4
	// collectAt is how much garbage there may be, in per cent of what is in use,
	// before it is collected (GOGC). A collection is what the slowest hundredth of
	// pops waits for: at 500 calls a second they took 1.8 ms at 200 and 2.0 to 4.1 ms
	// at Go's own 100, for 25 MB more (docs/performance.md).
	collectAt = 200
)

// tune leaves what an operator sets, and larger machines, as they are.
func tune(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < leastProcessors {
		runtime.GOMAXPROCS(leastProcessors)
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}
