package calls

import (
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Dialled takes the answer to MakeCall or ConsultationCall, whether it comes
// before or after the call's own events: id is the new connection, called the
// number that was asked for. It returns the key that all events of the call
// carry, and Originated unless the call's own events made it already. Where the
// device is not watched or has no room the key is empty.
func (t *Table) Dialled(device pbx.DeviceID, id ecma323.ConnectionID, called string, now time.Time) (pbx.ConnectionID, []pbx.Event) {
	t.begin(now)
	d := t.devices[device]
	if d == nil {
		return pbx.ConnectionID{}, nil
	}
	v := &view{dev: d}
	var c *connection
	if id.CallID != "" {
		c = t.find(d, id.CallID)
	} else { // the switch does not say: its first event will
		t.dials++
		id.CallID = "dial-" + strconv.Itoa(t.dials)
	}
	far := pbx.Party{Number: called}
	if c == nil {
		if c = t.departs(v, id, &ecma323.EventData{}, far); c == nil {
			return pbx.ConnectionID{}, nil
		}
		c.nameless = strings.HasPrefix(id.CallID, "dial-")
	}
	c.dialled, c.direction = true, pbx.DirectionOutbound
	if !c.far.Known() {
		c.far = far
		t.note(c.call, far)
	}
	if !c.told {
		t.tell(c, pbx.EventOriginated, pbx.CauseNone)
	}
	return c.key, t.out
}

// DialFailed ends a dialled call that came to nothing, in plain words, such as
// one of which the switch tells nothing any more.
func (t *Table) DialFailed(id pbx.ConnectionID, why pbx.Cause, detail string, now time.Time) []pbx.Event {
	t.begin(now)
	if c := t.byKey(id); c != nil {
		if !c.failed {
			t.fail(c, why, detail)
		}
		t.drop(c)
	}
	return t.out
}

// awaited gives the connection that was dialled without a callID the one that
// the switch uses.
func (t *Table) awaited(d *device, id ecma323.ConnectionID) *connection {
	for _, c := range d.conns {
		if c.nameless {
			c.nameless = false
			c.id.CallID = strings.Clone(id.CallID)
			t.name(c.call, id.CallID)
			return c
		}
	}
	return nil
}
