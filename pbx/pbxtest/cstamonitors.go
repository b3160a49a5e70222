package pbxtest

import (
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

func (c *cstaConn) startMonitor(m *ecma323.MonitorStart) ecma323.Message {
	s := c.s
	text := m.DeviceObject.Text
	e := s.exts[number(m.DeviceObject)]
	switch {
	case s.strikes(CSTARefuseMonitor), s.opts.MonitorLimit > 0 && s.monitored() >= s.opts.MonitorLimit:
		return refuse("systemResourceAvailibility", "overallMonitorLimitExceeded")
	case e == nil || e.monitorBy != "":
		return refuse("operation", "invalidMonitorObject")
	case s.opts.Dialect == CSTAAvaya && text != s.avayaID(e.number):
		return refuse("operation", "invalidDeviceID")
	}
	monitor := &cstaMonitor{ref: s.number(""), device: e.number, wants: filter(m)}
	c.session.add(monitor)
	if s.strikes(CSTANoMonitorResponse) {
		return nil
	}
	return &ecma323.MonitorStartResponse{MonitorCrossRefID: monitor.ref, MonitorExistingCalls: true}
}

func (x *cstaSession) add(m *cstaMonitor) {
	x.monitors[m.device] = append(x.monitors[m.device], m)
	x.devices[m.ref] = m.device
}

// forget ends all monitors.
func (x *cstaSession) forget() {
	clear(x.monitors)
	clear(x.devices)
}

// filter is which events a monitor wants, by their element names; nil: all.
func filter(m *ecma323.MonitorStart) map[string]bool {
	if len(m.Events)+len(m.AgentEvents) == 0 {
		return nil
	}
	wants := map[string]bool{}
	for _, name := range append(append([]string(nil), m.Events...), m.AgentEvents...) {
		if name == "transferred" { // the event is spelled with one r
			wants[(&ecma323.TransferedEvent{}).Name()] = true
			continue
		}
		wants[strings.ToUpper(name[:1])+name[1:]+"Event"] = true
	}
	return wants
}

func (s *CSTASwitch) monitored() (n int) {
	for _, session := range s.sessions {
		n += len(session.devices)
	}
	return n
}

// Monitors counts the monitors that run.
func (s *CSTASwitch) Monitors() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.monitored()
}

func (c *cstaConn) stopMonitor(m *ecma323.MonitorStop) ecma323.Message {
	x, ref := c.session, m.MonitorCrossRefID
	device, known := x.devices[ref]
	if !known {
		return refuse("operation", "invalidCrossRefID")
	}
	delete(x.devices, ref)
	x.monitors[device] = slices.DeleteFunc(x.monitors[device], func(m *cstaMonitor) bool { return m.ref == ref })
	return &ecma323.MonitorStopResponse{}
}

func (c *cstaConn) moveMonitors(m *ecma323.TransferMonitorObjects) ecma323.Message {
	from := c.s.sessions[m.FromSessionID]
	if from == nil || m.ToSessionID != c.session.id {
		return refuse("operation", "invalidSessionID")
	}
	for _, monitors := range from.monitors {
		for _, moved := range monitors {
			c.session.add(moved)
		}
	}
	from.forget()
	return &ecma323.AvayaDone{Service: m.Name()}
}

// StopMonitor ends the monitors of a device in the switch's own name.
func (s *CSTASwitch) StopMonitor(device string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		if conn.session == nil {
			continue
		}
		for _, m := range conn.session.monitors[device] {
			conn.request(&ecma323.MonitorStop{MonitorCrossRefID: m.ref})
			delete(conn.session.devices, m.ref)
		}
		delete(conn.session.monitors, device)
	}
}

func (c *cstaConn) snapshotDevice(m *ecma323.SnapshotDevice) (answer ecma323.Message, then func()) {
	s := c.s
	e := s.exts[number(m.SnapshotObject)]
	switch {
	case s.strikes(CSTANoSnapshotDevice):
		return refuse("operation", "serviceNotSupported"), nil
	case e == nil:
		return refuse("operation", "invalidDeviceID"), nil
	}
	legs := e.legs
	if s.strikes(CSTAEmptySnapshot) {
		legs = nil
	}
	var all []ecma323.SnapshotDeviceInfo
	for _, l := range legs {
		info := ecma323.SnapshotDeviceInfo{ConnectionIdentifier: l.id(), LocalConnectionState: l.state}
		for _, other := range l.call.legs {
			if other != l {
				info.OtherStates = append(info.OtherStates, other.state)
				if s.opts.SnapshotEndpoint {
					info.EndpointDevice = other.shown()
				}
			}
		}
		info.CallLinkageData.GlobalCallLinkageID = l.call.ucid
		all = append(all, info)
	}
	if !s.opts.SnapshotSegments {
		return &ecma323.SnapshotDeviceResponse{SnapshotData: all}, nil
	}
	ref := s.number("")
	return &ecma323.SnapshotDeviceResponse{ServiceCrossRefID: ref}, func() { c.snapshotSegments(ref, all) }
}

func (c *cstaConn) snapshotSegments(ref string, all []ecma323.SnapshotDeviceInfo) {
	for i := range max(len(all), 1) {
		part := &ecma323.SnapshotDeviceData{ServiceCrossRefID: ref, SegmentID: i + 1, LastSegment: i+1 >= len(all)}
		if len(all) > 0 {
			part.SnapshotData = all[i : i+1]
		}
		c.request(part)
	}
}

func (s *CSTASwitch) snapshotCall(m *ecma323.SnapshotCall) ecma323.Message {
	if s.strikes(CSTANoSnapshotCall) {
		return refuse("operation", "serviceNotSupported")
	}
	for _, c := range s.calls {
		if c.id != m.SnapshotObject.CallID {
			continue
		}
		r := &ecma323.SnapshotCallResponse{CallingDevice: c.calling, CalledDevice: c.called}
		r.CallLinkageData.GlobalCallLinkageID = c.ucid
		for _, l := range c.legs {
			r.SnapshotData = append(r.SnapshotData, ecma323.SnapshotCallInfo{DeviceOnCall: l.shown(), CallIdentifier: l.id(), LocalConnectionState: l.state})
		}
		return r
	}
	return refuse("operation", "invalidConnectionID")
}

// listDevices sends the devices two at a time.
func (c *cstaConn) listDevices() (answer ecma323.Message, then func()) {
	s := c.s
	ref := s.number("")
	return &ecma323.GetSwitchingFunctionDevicesResponse{ServiceCrossRefID: ref}, func() {
		var names []string
		for name := range s.exts {
			names = append(names, name)
		}
		slices.Sort(names)
		for n, part := range slices.Collect(slices.Chunk(names, 2)) {
			m := &ecma323.SwitchingFunctionDevices{ServiceCrossRefID: ref, SegmentID: n + 1, LastSegment: 2*(n+1) >= len(names)}
			for _, name := range part {
				m.DeviceList = append(m.DeviceList, ecma323.SwitchingFunctionDevice{DeviceID: s.deviceOf(s.exts[name]), DeviceCategory: s.exts[name].category})
			}
			c.request(m)
		}
	}
}
