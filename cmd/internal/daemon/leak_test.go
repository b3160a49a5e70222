package daemon_test

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// noGoroutines fails if any goroutine that our packages started is left. Those
// that have done their work may need a moment to go.
func noGoroutines(t *testing.T) {
	t.Helper()
	var left []string
	late := time.Now().Add(waitFor)
	for left = ours(); len(left) > 0 && time.Now().Before(late); left = ours() {
		runtime.Gosched()
	}
	if len(left) > 0 {
		t.Errorf("%d goroutines are left:\n%s", len(left), strings.Join(left, "\n\n"))
	}
}

// ours are the stacks of goroutines started by the product, not by simulators
// or tests.
func ours() []string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var out []string
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		i := strings.LastIndex(stack, "created by ")
		if i < 0 {
			continue
		}
		by := stack[i:]
		if strings.Contains(by, "sync.(*WaitGroup).Go") {
			by = stack // the caller of Go is not written down; the function is
		}
		if strings.Contains(by, "/ctibridge/") && !strings.Contains(by, "test.") && !strings.Contains(by, "_test") {
			out = append(out, stack)
		}
	}
	return out
}
