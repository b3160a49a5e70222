package csta

import (
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// table turns the events of a link's monitors into those of the bridge.
type table interface {
	Watch(devices []pbx.DeviceID)
	Apply(device pbx.DeviceID, m ecma323.CallEvent, now time.Time) []pbx.Event
	ApplyAgent(device pbx.DeviceID, m ecma323.AgentEvent, now time.Time) []pbx.Event
	Snapshot(device pbx.DeviceID, s deviceCalls, now time.Time) []pbx.Event
	Down(now time.Time) []pbx.Event
	Dialled(device pbx.DeviceID, id ecma323.ConnectionID, called string, now time.Time) (pbx.ConnectionID, []pbx.Event)
	Connection(id pbx.ConnectionID) (ecma323.ConnectionID, bool)
}

// deviceCalls are a device's connections and what is known of their calls, by
// callID.
type deviceCalls struct {
	Connections []ecma323.SnapshotDeviceInfo
	Calls       map[string]*ecma323.SnapshotCallResponse
}
