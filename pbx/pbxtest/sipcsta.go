package pbxtest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// csta is the media type of CSTA over SIP (ECMA TR/87).
const csta = "application/csta+xml"

// cstaDesk is the CSTA of one telephone: at most one program controls it.
type cstaDesk struct {
	dialog    sipDialog // of the program; callID is empty while nobody controls
	monitored bool
	begun     int // associations, refused ones too
	refuses   int // the status for them; 0: it takes them
	cannot    map[string]string
	asked     []string
	serial    int

	// Events leave one by one: telephones wait for the answer to the last one.
	queue []ecma323.Message
	busy  bool
}

func isCSTA(req *sip.Request) bool {
	return strings.HasPrefix(strings.ToLower(headerValue(req, "Content-Type", "c")), csta)
}

// onControl takes an association, or renews the one there is.
func (s *SIPSwitch) onControl(req *sip.Request, tx sip.ServerTransaction) {
	if !s.opts.PhonesCSTA {
		s.respond(req, tx, 415, "Unsupported Media Type")
		return
	}
	if req.To().Params.Has("tag") {
		s.mu.Lock()
		e := s.controlled(req)
		s.mu.Unlock()
		if e == nil {
			s.respond(req, tx, 481, "Call/Transaction Does Not Exist")
			return
		}
		s.mu.Lock()
		e.csta.dialog.target, e.csta.dialog.peer = req.Contact().Address.String(), peerOf(req)
		s.mu.Unlock()
		s.cstaAnswer(req, tx, e, &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal})
		return
	}
	if !s.authorised(req, tx) {
		return
	}
	s.mu.Lock()
	e := s.exts[req.Recipient.User]
	status := 0
	switch {
	case e == nil:
		status = 404
	case e.csta.refuses != 0:
		status = e.csta.refuses
	case e.csta.dialog.callID != "" && e.csta.dialog.callID != callIDOf(req):
		status = 486 // one program at a time
	}
	if e != nil {
		e.csta.begun++
	}
	if status == 0 {
		e.csta.dialog, e.csta.monitored = s.dialogOf(req, randomHex(6)), false
		e.csta.queue, e.csta.busy = nil, false
	}
	s.mu.Unlock()
	if status != 0 {
		s.respond(req, tx, status, "Refused")
		return
	}
	s.cstaAnswer(req, tx, e, &ecma323.RequestSystemStatusResponse{SystemStatus: ecma323.StatusNormal})
}

// controlled is the telephone whose association a request belongs to. The caller
// holds mu.
func (s *SIPSwitch) controlled(req *sip.Request) *extension {
	for _, e := range s.exts {
		if e.csta != nil && e.csta.dialog.callID == callIDOf(req) && e.csta.dialog.localTag == req.To().Params.GetOr("tag", "") {
			return e
		}
	}
	return nil
}

// endControl ends an association, if the request belongs to one.
func (s *SIPSwitch) endControl(req *sip.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.controlled(req)
	if e == nil {
		return false
	}
	e.csta.forget()
	return true
}

func (d *cstaDesk) forget() {
	d.dialog, d.monitored, d.queue, d.busy = sipDialog{}, false, nil, false
}

// cstaAnswer answers with a message of CSTA, or, as a fault has it, so late that
// the request is repeated.
func (s *SIPSwitch) cstaAnswer(req *sip.Request, tx sip.ServerTransaction, e *extension, m ecma323.Message) {
	body := ecma323.AppendMessage(nil, m, ecma323.Edition3)
	res := sip.NewResponseFromRequest(req, 200, "OK", body)
	s.mu.Lock()
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", e.csta.dialog.localTag)
	contact, late := e.csta.dialog.contact, s.strikes(FaultLateControl)
	s.mu.Unlock()
	res.AppendHeader(sip.NewHeader("Contact", contact))
	res.AppendHeader(sip.NewHeader("Content-Type", csta))
	if late {
		time.Sleep(timerT1 + timerT1/4) // this is the transaction's own goroutine
	}
	if err := tx.Respond(res); err != nil {
		s.log.Debug("answer lost", "err", err)
	}
}

// onInfo takes a request of CSTA.
func (s *SIPSwitch) onInfo(req *sip.Request, tx sip.ServerTransaction) {
	s.mu.Lock()
	e := s.controlled(req)
	s.mu.Unlock()
	m, err := ecma323.Decode(req.Body())
	switch {
	case e == nil:
		s.respond(req, tx, 481, "Call/Transaction Does Not Exist")
	case err != nil:
		s.respond(req, tx, 400, "Bad Request")
	default:
		s.cstaAnswer(req, tx, e, s.serveCSTA(e, m))
	}
}

// serveCSTA does what a request asks for and returns the answer.
func (s *SIPSwitch) serveCSTA(e *extension, m ecma323.Message) ecma323.Message {
	s.mu.Lock()
	d := e.csta
	note := m.Name()
	if call, ok := m.(*ecma323.MakeCall); ok {
		note += " " + string(call.CalledDirectoryNumber.Device())
	}
	d.asked = append(d.asked, note)
	wrong, refused := d.cannot[m.Name()]
	s.mu.Unlock()
	if refused {
		return &ecma323.CSTAErrorCode{Category: "operation", Value: wrong}
	}
	var err error
	switch m := m.(type) {
	case *ecma323.MonitorStart:
		s.mu.Lock()
		d.monitored = true
		s.mu.Unlock()
		return &ecma323.MonitorStartResponse{MonitorCrossRefID: "1"}
	case *ecma323.SnapshotDevice:
		return s.snapshotCSTA(e)
	case *ecma323.MakeCall:
		return s.dialCSTA(e, string(m.CalledDirectoryNumber.Device()))
	case *ecma323.AnswerCall:
		err = s.Answer(e.number, s.handleOf(e, m.CallToBeAnswered))
	case *ecma323.ClearConnection:
		err = s.HangUp(e.number, s.handleOf(e, m.ConnectionToBeCleared))
	case *ecma323.HoldCall:
		err = s.Hold(e.number, s.handleOf(e, m.CallToBeHeld))
	case *ecma323.RetrieveCall:
		err = s.Retrieve(e.number, s.handleOf(e, m.CallToBeRetrieved))
	default:
		return &ecma323.CSTAErrorCode{Category: "operation", Value: "serviceNotSupported"}
	}
	if err != nil {
		return &ecma323.CSTAErrorCode{Category: "operation", Value: "invalidConnectionID"}
	}
	return &ecma323.Done{Service: m.Name()}
}

// snapshotCSTA lists the telephone's calls.
func (s *SIPSwitch) snapshotCSTA(e *extension) ecma323.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &ecma323.SnapshotDeviceResponse{}
	for _, l := range e.legs {
		info := ecma323.SnapshotDeviceInfo{ConnectionIdentifier: ecma323.Connection(l.cstaCall, e.number), LocalConnectionState: ecma323.LocalConnected}
		if !l.remote.Withheld {
			info.EndpointDevice = ecma323.Extended(l.remote.Number)
		}
		switch l.state {
		case legRinging:
			info.LocalConnectionState = ecma323.LocalAlerting
		case legHeld:
			info.LocalConnectionState = ecma323.LocalHold
		default: // it talks
		}
		r.SnapshotData = append(r.SnapshotData, info)
	}
	return r
}

// dialCSTA lets the telephone dial, as MakeCall has it.
func (s *SIPSwitch) dialCSTA(e *extension, number string) ecma323.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holdOthers(&leg{ext: e})
	s.place(e, number)
	return &ecma323.MakeCallResponse{CallingDevice: ecma323.Connection(strconv.Itoa(e.csta.serial), e.number)}
}

// handleOf finds the call of a telephone's own name for it; one that nobody has
// where there is none.
func (s *SIPSwitch) handleOf(e *extension, id ecma323.ConnectionID) CallHandle {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range e.legs {
		if l.cstaCall == id.CallID {
			return l.call.handle
		}
	}
	return "none"
}

// tellCSTA sends the event of a leg's change, if it is one. The caller holds mu.
func (s *SIPSwitch) tellCSTA(l *leg) {
	d := l.ext.csta
	if d == nil {
		return
	}
	if l.cstaCall == "" {
		d.serial++
		l.cstaCall = strconv.Itoa(d.serial)
	}
	now := l.display()
	if l.state == legEnded {
		now = "ended"
	}
	was := l.cstaTold
	if was == now {
		return
	}
	l.cstaTold = now
	if now == "ended" && was == "calling" && s.refusal(l.call.dialed) != 0 {
		s.queueCSTA(l.ext, cstaEvent(l, "failed", ""))
	}
	s.queueCSTA(l.ext, cstaEvent(l, now, was))
}

// cstaEvent is a leg's state as an event.
func cstaEvent(l *leg, now, was string) ecma323.Message {
	id, self := ecma323.Connection(l.cstaCall, l.ext.number), ecma323.Extended(l.ext.number)
	data := ecma323.EventData{MonitorCrossRefID: "1", CallingDevice: self}
	if !l.remote.Withheld {
		data.CalledDevice = ecma323.Extended(l.remote.Number)
	}
	if !l.initiator {
		data.CallingDevice, data.CalledDevice = data.CalledDevice, self
	}
	switch now {
	case "ringing":
		data.LocalConnectionInfo = ecma323.LocalAlerting
		return &ecma323.DeliveredEvent{EventData: data, Connection: id, AlertingDevice: self}
	case "calling":
		data.LocalConnectionInfo = ecma323.LocalConnected
		return &ecma323.OriginatedEvent{EventData: data, OriginatedConnection: id}
	case "held":
		data.LocalConnectionInfo = ecma323.LocalHold
		return &ecma323.HeldEvent{EventData: data, HeldConnection: id, HoldingDevice: self}
	case "failed":
		data.LocalConnectionInfo, data.Cause = ecma323.LocalFail, ecma323.CauseBusy
		return &ecma323.FailedEvent{EventData: data, FailedConnection: id, FailingDevice: data.CalledDevice}
	case "ended":
		data.LocalConnectionInfo, data.Cause = ecma323.LocalNull, ecma323.CauseNormalClearing
		return &ecma323.ConnectionClearedEvent{EventData: data, DroppedConnection: id, ReleasingDevice: self}
	}
	data.LocalConnectionInfo = ecma323.LocalConnected
	if was == "held" {
		return &ecma323.RetrievedEvent{EventData: data, RetrievedConnection: id, RetrievingDevice: self}
	}
	return &ecma323.EstablishedEvent{EventData: data, EstablishedConnection: id, AnsweringDevice: self}
}

// queueCSTA sends an event when those before it are answered. The caller holds
// mu.
func (s *SIPSwitch) queueCSTA(e *extension, m ecma323.Message) {
	d := e.csta
	if d.dialog.callID == "" || !d.monitored {
		return
	}
	d.queue = append(d.queue, m)
	s.nextCSTA(e)
}

func (s *SIPSwitch) nextCSTA(e *extension) {
	d := e.csta
	if d.busy || len(d.queue) == 0 || d.dialog.callID == "" {
		return
	}
	m := d.queue[0]
	d.queue, d.busy = d.queue[1:], true
	branch, callID := newBranch(), d.dialog.callID
	data := d.dialog.request("INFO", s.nextCSeq(time.Now()), branch, string(ecma323.AppendMessage(nil, m, ecma323.Edition3)),
		"User-Agent: "+s.agent(), "Content-Type: "+csta, "Content-Disposition: signal;handling=required")
	s.wire.send(d.dialog.peer, branch, data, s.strikes(FaultLateInfo), func(status int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.dialog.callID != callID {
			return
		}
		d.busy = false
		if status == 481 || status == 408 {
			d.forget()
		}
		s.nextCSTA(e)
	})
	if s.strikes(FaultDuplicateInfo) {
		s.wire.repeatNow(d.dialog.peer, data)
	}
}

// Controlled tells whether a program controls a telephone by CSTA and hears of
// its calls.
func (s *SIPSwitch) Controlled(ext string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	return e != nil && e.csta != nil && e.csta.dialog.callID != "" && e.csta.monitored
}

// Asked lists the services that a telephone was asked for by CSTA, with the
// number of a MakeCall, and how many associations were asked of it.
func (s *SIPSwitch) Asked(ext string) (services []string, associations int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.exts[ext]
	if e == nil || e.csta == nil {
		return nil, 0
	}
	return slices.Clone(e.csta.asked), e.csta.begun
}

// RestartPhone lets a telephone forget its association, as after a loss of power.
func (s *SIPSwitch) RestartPhone(ext string) error {
	return s.withExtension(ext, func(e *extension) error {
		e.csta.forget()
		return nil
	})
}

// RefuseControl lets a telephone answer associations with a SIP status from now
// on; 0: it takes them.
func (s *SIPSwitch) RefuseControl(ext string, status int) error {
	return s.withExtension(ext, func(e *extension) error {
		e.csta.refuses = status
		return nil
	})
}

// RefuseService lets a telephone answer a service of CSTA, such as MakeCall, with
// an error value of ECMA-269 §11.2.1; an empty one ends that.
func (s *SIPSwitch) RefuseService(ext, service, value string) error {
	return s.withExtension(ext, func(e *extension) error {
		if e.csta.cannot == nil {
			e.csta.cannot = map[string]string{}
		}
		if e.csta.cannot[service] = value; value == "" {
			delete(e.csta.cannot, service)
		}
		return nil
	})
}
