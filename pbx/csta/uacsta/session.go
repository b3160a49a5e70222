package uacsta

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// session is one association, from INVITE to BYE.
type session struct {
	phone   *Phone
	carrier atomic.Pointer[Carrier] // another one after the connection was lost
	lost    chan error              // why it must end; the first counts
	renewed chan struct{}           // the telephone has refreshed it

	mu        sync.Mutex // guards what follows
	dlg       dialog
	ack       []byte // of the last INVITE that was taken
	calls     []Call
	monitored bool // the telephone tells about its calls
	timer     sessionTimer
	ends      time.Time // when the telephone forgets it

	reading sync.Mutex // guards what receive uses; taken before mu
	over    bool       // the telephone has said BYE; reading guards it
	answers answered
}

func newSession(p *Phone, c *Carrier) *session {
	s := &session{
		phone: p, lost: make(chan error, 1), renewed: make(chan struct{}, 1),
		dlg: dialog{callID: rand.Text(), localTag: rand.Text(), target: p.address},
	}
	s.carrier.Store(c)
	return s
}

func (s *session) wire() *transport.Layer { return s.carrier.Load().wire }

func (s *session) tx() *transport.Transactions { return s.carrier.Load().tx }

// until is when the telephone forgets the session unless it is renewed.
func (s *session) until() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends
}

// suspend prepares for another carrier: what was told until now of calls may
// have changed by then. It is false for a session that never was one.
func (s *session) suspend() bool {
	select {
	case <-s.lost: //nolint:errcheck // it was this life's
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
	return s.dlg.remoteTag != ""
}

// fail ends the session.
func (s *session) fail(err error) {
	select {
	case s.lost <- err:
	default:
	}
}

// associate begins the session (ECMA TR/87 §7.1).
func (s *session) associate(ctx context.Context) error {
	res, err := s.refresh(ctx, s.phone.cfg.SessionExpires)
	if err != nil {
		return err
	}
	m, err := body(res)
	switch m := m.(type) {
	case *ecma323.CSTAErrorCode:
		err = refused(m)
	case *ecma323.RequestSystemStatusResponse:
		if m.SystemStatus == ecma323.StatusDisabled {
			err = errDisabled
		}
	default:
	}
	if err != nil {
		s.bye(ctx)
	}
	return err
}

// refresh sends an INVITE, the first or one that renews the session, with
// credentials and for longer where the telephone asks for that. Its session
// timer counts from the answer, which is a success.
func (s *session) refresh(ctx context.Context, expires time.Duration) (*gosip.Response, error) {
	req := s.request(gosip.INVITE, &ecma323.RequestSystemStatus{})
	for _, h := range offer(expires) {
		req.AppendHeader(h)
	}
	prolonged := false
	for {
		res, err := s.invite(ctx, req)
		switch {
		case err != nil:
			return nil, err
		case res.IsSuccess():
			s.mu.Lock()
			s.timer = timerOf(text(res, "Session-Expires", "x"), expires)
			s.ends = time.Now().Add(s.timer.expires)
			s.mu.Unlock()
			return res, nil
		case isChallenge(res):
			if err := s.authorise(req, res); err != nil {
				return nil, err
			}
		case res.StatusCode == intervalTooSmall && !prolonged: // RFC 4028 §7.3
			prolonged = true
			expires = max(expires, time.Duration(seconds(text(res, "Min-SE", "")))*time.Second)
			for _, h := range offer(expires) {
				req.ReplaceHeader(h)
			}
			s.again(req)
		case res.StatusCode == 491:
			return nil, errGlare
		default:
			return nil, refusal(res.StatusCode, false)
		}
	}
}

// intervalTooSmall is RFC 4028's status.
const intervalTooSmall = 422

// errGlare: both sides renew at once (RFC 3261 §14.1).
var errGlare = errors.New("the telephone renews the session itself at this moment; nothing has to be done")

// monitor asks for the telephone's events. One that has none still dials.
func (s *session) monitor(ctx context.Context) error {
	p := s.phone
	m, err := s.ask(ctx, &ecma323.MonitorStart{DeviceObject: p.device(p.address.User), MonitorType: "device"})
	select {
	case lost := <-s.lost:
		return lost
	default:
	}
	if err != nil && (ctx.Err() != nil || errors.Is(err, pbx.ErrLinkDown)) {
		return err
	}
	if err != nil {
		p.log.Warn("the telephone does not tell about its calls", slog.String("device", p.address.User), slog.Any("err", err))
		return nil
	}
	if _, ok := m.(*ecma323.MonitorStartResponse); ok {
		s.mu.Lock()
		s.monitored = true
		s.mu.Unlock()
		s.snapshot(ctx)
	}
	return nil
}

// snapshot asks which calls there are already. Many telephones do not say: they
// tell of the next one.
func (s *session) snapshot(ctx context.Context) {
	m, err := s.ask(ctx, &ecma323.SnapshotDevice{SnapshotObject: s.phone.device(s.phone.address.User)})
	r, ok := m.(*ecma323.SnapshotDeviceResponse)
	if err != nil || !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range r.SnapshotData {
		info := &r.SnapshotData[i]
		state, known := info.Local().State()
		told := slices.ContainsFunc(s.calls, func(c Call) bool { return c.ID.CallID == info.ConnectionIdentifier.CallID })
		if known && state != pbx.StateNull && !told && len(s.calls) < maxCalls {
			s.calls = append(s.calls, Call{ID: info.ConnectionIdentifier, State: state, Far: other(info.EndpointDevice.Party(), s.phone.device(s.phone.address.User).Device())})
		}
	}
}

// keep renews the session until it ends.
func (s *session) keep(ctx context.Context) error {
	for {
		s.mu.Lock()
		pause, ours := s.timer.pause(s.phone.floor)
		s.mu.Unlock()
		due := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			due.Stop()
			return ctx.Err()
		case err := <-s.lost:
			due.Stop()
			return err
		case <-s.wire().Done():
			due.Stop()
			return s.wire().Err()
		case <-s.renewed:
			due.Stop()
			continue
		case <-due.C:
		}
		if !ours {
			return errExpired
		}
		if err := s.renew(ctx); err != nil {
			return err
		}
	}
}

// renew is a refresh in its turn. Where it collides with the telephone's, that
// one counts, or the next.
func (s *session) renew(ctx context.Context) error {
	if err := s.phone.take(ctx); err != nil {
		return err
	}
	defer s.phone.giveBack()
	s.mu.Lock()
	expires := max(s.timer.expires, s.phone.cfg.SessionExpires)
	s.mu.Unlock()
	_, err := s.refresh(ctx, expires)
	if errors.Is(err, errGlare) {
		return nil
	}
	return err
}

// take waits for the turn to send a request.
func (p *Phone) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Phone) giveBack() { <-p.turn }

// ask sends a request of CSTA and returns the response, nil where the telephone
// took it without a word. What says that the dialog is gone ends the session.
func (s *session) ask(ctx context.Context, m ecma323.Message) (ecma323.Message, error) {
	if err := s.phone.take(ctx); err != nil {
		return nil, err
	}
	defer s.phone.giveBack()
	req := s.request(gosip.INFO, m)
	for {
		res, err := s.tx().Exchange(ctx, req, s.hop(&s.dlg), s.phone.cfg.Patience)
		switch {
		case errors.Is(err, transport.ErrTimeout):
			s.fail(errSilent)
			return nil, errSilent
		case errors.Is(err, transport.ErrDown):
			return nil, pbx.ErrLinkDown
		case err != nil:
			return nil, err
		case isChallenge(res):
			if err := s.authorise(req, res); err != nil {
				return nil, err
			}
			continue
		case unheard(res.StatusCode):
			err := refusal(res.StatusCode, false)
			s.fail(err)
			return nil, err
		case !res.IsSuccess():
			return nil, refusal(res.StatusCode, false)
		}
		answer, err := body(res)
		if code, ok := answer.(*ecma323.CSTAErrorCode); ok {
			return nil, refused(code)
		}
		return answer, err
	}
}

// body is the CSTA in a success, nil where there is none.
func body(res *gosip.Response) (ecma323.Message, error) {
	if len(bytes.TrimSpace(res.Body())) == 0 {
		return nil, nil //nolint:nilnil // a telephone may take a request without a word
	}
	if strings.HasPrefix(strings.ToLower(text(res, "Content-Type", "c")), "application/sdp") {
		return nil, errOrdinary
	}
	m, err := ecma323.Decode(res.Body())
	if err != nil || ecma323.KindOf(m) != ecma323.KindResponse {
		return nil, errGarbled
	}
	return m, nil
}

// bye takes leave of the telephone, at most as long as Config.Farewell, whatever
// ctx says.
func (s *session) bye(ctx context.Context) {
	_, _ = s.tx().Exchange(context.WithoutCancel(ctx), s.request(gosip.BYE, nil), s.hop(&s.dlg), s.phone.cfg.Farewell)
}

// leave ends the session for the reason err, with BYE unless the telephone has
// sent one.
func (s *session) leave(ctx context.Context, err error) {
	if !errors.Is(err, errEnded) {
		s.bye(ctx)
	}
}

// ringing is the connection that AnswerCall means.
func (s *session) ringing() (ecma323.ConnectionID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []ecma323.ConnectionID
	for _, c := range s.calls {
		if c.State == pbx.StateAlerting {
			found = append(found, c.ID)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return ecma323.ConnectionID{}, errSeveral
	case !s.monitored:
		return ecma323.ConnectionID{}, errUntold
	}
	return ecma323.ConnectionID{}, errNoneRings
}
