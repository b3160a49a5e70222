package replica

import "time"

// hourly counts what may be done so often in an hour, which begins with the first
// time. Whoever has it guards it.
type hourly struct {
	began time.Time
	used  int
}

// spend takes one of budget; it is false where none is left.
func (h *hourly) spend(budget int) bool {
	if now := time.Now(); now.Sub(h.began) >= time.Hour {
		h.began, h.used = now, 0
	}
	if h.used >= budget {
		return false
	}
	h.used++
	return true
}

// left is what is left of budget.
func (h *hourly) left(budget int) int {
	if time.Since(h.began) >= time.Hour {
		return budget
	}
	return budget - h.used
}
