package ecma323

// PrivateData is what Avaya's DMCC adds to an event.
type PrivateData struct {
	// OriginalCallInfo is about the call before it was consulted on or
	// transferred, nil if there is none.
	OriginalCallInfo *OriginalCallInfo
	// DistributingVDN and DistributingDevice are how the call came here, ACDGroup
	// the queue (split or skill).
	DistributingVDN, DistributingDevice, ACDGroup ExtendedDeviceID
	TrunkGroup, TrunkMember                       string
	UserEnteredCode                               string
	// UCID is the call's universal id where it stands only here.
	UCID string
}

// OriginalCallInfo is the outside call behind a consultation or a transfer.
type OriginalCallInfo struct {
	Reason                string
	NetworkCallingDevice  ExtendedDeviceID // the original caller
	NetworkCalledDevice   ExtendedDeviceID
	TrunkGroup            string
	TrunkMember           string
	UserEnteredCode       string
	UserData              string
	CallLinkageData       CallLinkageData
	DeviceHistory         []DeviceHistoryItem
	CallingDevice         ExtendedDeviceID // as older releases name them
	CalledDevice          ExtendedDeviceID
	LastRedirectionDevice ExtendedDeviceID
}

// Caller is the original caller under whichever name it came.
func (o *OriginalCallInfo) Caller() ExtendedDeviceID {
	if o.NetworkCallingDevice.Presence != Absent {
		return o.NetworkCallingDevice
	}
	return o.CallingDevice
}

// private reads or writes the extensions of an event of that name.
func (d *EventData) private(c *coder, event string) {
	if c.writing {
		d.writePrivate(c, event)
		return
	}
	id := c.reads("extensions")
	if id == 0 {
		if id = c.reads("privateData"); id == 0 {
			return
		}
	}
	p := new(PrivateData)
	c.within(id, func() { p.scan(c) })
	if *p != (PrivateData{}) {
		d.Private = p
	}
	if d.CallLinkageData.GlobalCallLinkageID == "" {
		d.CallLinkageData.GlobalCallLinkageID = p.UCID
	}
}

// scan goes down to where the known elements stand; how deep that is depends on
// event and release.
func (p *PrivateData) scan(c *coder) {
	p.fields(c)
	for child := c.tree.nodes[c.at].child; child != 0; child = c.tree.nodes[child].next {
		switch name := c.tree.nodes[child].name; {
		case c.tree.nodes[child].child == 0 || sameName(name, "originalCallInfo"):
		case sameName(name, "callLinkageData"):
		default:
			c.within(child, func() { p.scan(c) })
		}
	}
}

func (p *PrivateData) fields(c *coder) {
	c.original(&p.OriginalCallInfo)
	c.extended("distributingDevice", &p.DistributingDevice)
	c.extended("distributingVDN", &p.DistributingVDN)
	c.extended("acdGroup", &p.ACDGroup)
	c.text("trunkGroup", &p.TrunkGroup)
	c.text("trunkMember", &p.TrunkMember)
	c.text("userEnteredCode", &p.UserEnteredCode)
	if !c.writing && p.UCID == "" {
		var linkage CallLinkageData
		linkage.fields(c, "callLinkageData")
		p.UCID = linkage.GlobalCallLinkageID
		if p.UCID == "" {
			c.id("ucid", &p.UCID)
		}
	}
}

func (c *coder) original(o **OriginalCallInfo) {
	present := *o != nil
	if !c.writing && !present {
		*o = new(OriginalCallInfo)
	}
	if c.group("originalCallInfo", present, func() { (*o).fields(c) }) || present {
		return
	}
	*o = nil
}

func (o *OriginalCallInfo) fields(c *coder) {
	c.text("reason", &o.Reason)
	c.extended("callingDevice", &o.CallingDevice)
	c.extended("calledDevice", &o.CalledDevice)
	c.extended("networkCallingDevice", &o.NetworkCallingDevice)
	c.extended("networkCalledDevice", &o.NetworkCalledDevice)
	c.redirection("lastRedirectionDevice", &o.LastRedirectionDevice)
	c.text("trunkGroup", &o.TrunkGroup)
	c.text("trunkMember", &o.TrunkMember)
	c.text("userEnteredCode", &o.UserEnteredCode)
	c.hexText("userData", &o.UserData)
	o.CallLinkageData.fields(c, "callLinkageData")
	deviceHistory(c, &o.DeviceHistory)
}

func (d *EventData) writePrivate(c *coder, event string) {
	if d.Private == nil {
		return
	}
	name := event + "PrivateData"
	c.open("extensions")
	c.open("privateData")
	c.open("private")
	c.out = append(append(append(c.out, '<'), name...), ` xmlns="`+NamespaceAvaya+`">`...)
	d.Private.fields(c)
	c.end(name)
	c.end("private")
	c.end("privateData")
	c.end("extensions")
}
