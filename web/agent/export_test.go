package agent

import "time"

// FailFor counts n failed sign-ins of an address.
func (h *Hub) FailFor(remote string, n int) {
	for range n {
		h.failures.add(clientAddress(remote), time.Now())
	}
}

// Desks is how many agents the hub remembers.
func (h *Hub) Desks() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.desks)
}
