package agent

import (
	"fmt"
	"testing"

	"github.com/ctibridge/ctibridge/bridge"
)

// An agent with more calls than an outbox remembers gets the newest of each: what
// came between the snapshot and the welcome is not dropped for what the snapshot
// shows of the call, nor is it replaced by something older.
func TestOpenWithManyCalls(t *testing.T) {
	o := newOutbox()
	var calls []bridge.Call
	for i := range maxSeen + 8 {
		id := bridge.CallID(fmt.Sprint("call ", i))
		calls = append(calls, bridge.Call{ID: id, Revision: 5})
		o.putCall(id, uint64(4+i%3), fmt.Appendf(nil, "%s revision %d", id, 4+i%3))
	}
	o.open([]byte("welcome"), calls)
	for i := range calls {
		o.putCall(calls[i].ID, 5, []byte("as in the snapshot"))
	}
	waiting := map[bridge.CallID]string{}
	for _, it := range o.items {
		if it.kind == kindCall {
			waiting[it.call] = string(it.bytes)
		}
	}
	for i, c := range calls {
		if got := waiting[c.ID]; i%3 == 2 && got != fmt.Sprintf("%s revision 6", c.ID) {
			t.Errorf("%s: %q waits, want its revision 6", c.ID, got)
		} else if i%3 == 0 && got == fmt.Sprintf("%s revision 4", c.ID) {
			t.Errorf("%s: %q waits, which is older than the snapshot", c.ID, got)
		}
	}
}
