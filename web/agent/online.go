package agent

import "github.com/ctibridge/ctibridge/bridge"

// Sessions counts the open tabs of each agent who has any.
func (h *Hub) Sessions() map[bridge.AgentID]int {
	open := make(map[bridge.AgentID]int)
	for _, d := range h.allDesks() {
		if n := len(d.sessions()); n > 0 {
			open[d.agent] = n
		}
	}
	return open
}
