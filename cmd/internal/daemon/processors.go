package daemon

import "runtime"

// leastProcessors is how many of Go's processors (GOMAXPROCS) there are at least.
// One that has work looks at the network every 10 ms only, and on a machine of two
// cores a sync and the collector of garbage have work for both: a NOTIFY then waits
// in its socket. With two more there is always one that waits for the network, and
// the kernel gives it a core soon. While 200,000 records were synced on two cores,
// the slowest hundredth of pops took 6 ms with them and 12 ms without, in one run
// each on a machine with other work: a direction, not a figure. In
// calls without a sync no more processor time was seen with them.
const leastProcessors = 4

// raiseProcessors leaves what an operator sets, and larger machines, as they are.
func raiseProcessors(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < leastProcessors {
		runtime.GOMAXPROCS(leastProcessors)
	}
}
