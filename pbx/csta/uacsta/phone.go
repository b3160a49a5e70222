package uacsta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// Defaults of a Config.
const (
	standardPatience = 10 * time.Second
	standardExpires  = 30 * time.Minute // RFC 4028 §4
	minExpires       = 90 * time.Second // RFC 4028 §5
	standardFarewell = 2 * time.Second
)

// Config says which telephone, and how it is spoken to.
type Config struct {
	// Phone is the telephone's SIP address, extension@host, "sip:" before it or
	// not.
	Phone string
	// Direct says that the host of Phone is the telephone's own address, to
	// which requests go over UDP; else they go to the carrier's server, which
	// passes them on.
	Direct bool
	// SIPDeviceIDs writes device ids as sip:extension@host, which Poly wants;
	// Yealink, Grandstream and Snom take the bare extension.
	SIPDeviceIDs bool
	// Username and Password answer a digest challenge; Username is the user
	// part of our own address too.
	Username, Password string
	// Patience is how long an answer may take, 10 s by default.
	Patience time.Duration
	// Farewell is how long the answer to BYE may take, 2 s by default.
	Farewell time.Duration
	// SessionExpires is what we ask for, 30 min by default, at least 90 s.
	SessionExpires time.Duration
	// Begins is told the Call-ID of each association before its INVITE leaves,
	// so that the switch's own report on that dialog is not taken for a call.
	// May be nil.
	Begins func(callID string)
	// Ready is told when the telephone has taken the session. May be nil.
	Ready func()
	// Events is told each event of the telephone, once and in the order of
	// arrival, on the read loop of its socket, before it is answered. While it
	// waits, nothing is read there. May be nil.
	Events func(ecma323.Message)
	// Log may be nil.
	Log *slog.Logger
}

// Phone is the association with one telephone. Its methods are safe for
// concurrent use.
type Phone struct {
	cfg     Config
	address gosip.Uri
	log     *slog.Logger
	turn    chan struct{} // holds a token while a request is under way
	floor   time.Duration // the shortest pause between refreshes

	mu      sync.Mutex
	session *session // nil: the telephone has not taken us, or no more
	kept    *session // of the last Run, where it can be gone on with
}

// New checks the configuration. Nothing is sent before Run.
func New(c Config) (*Phone, error) {
	p := &Phone{cfg: c, log: c.Log, turn: make(chan struct{}, 1), floor: minExpires / 2}
	text := c.Phone
	if !strings.HasPrefix(text, "sip:") && !strings.HasPrefix(text, "sips:") {
		text = "sip:" + text
	}
	if err := checkText(c.Phone + c.Username); err != nil {
		return nil, fmt.Errorf("uacsta: the telephone's address or the user name: %w", err)
	}
	if err := gosip.ParseUri(text, &p.address); err != nil || !dialable(p.address.User) || p.address.Host == "" {
		return nil, errors.New("uacsta: the telephone's address makes no sense; write it as extension@host, such as 201@192.0.2.10")
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&p.cfg.Patience, standardPatience}, {&p.cfg.Farewell, standardFarewell}, {&p.cfg.SessionExpires, standardExpires}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	p.cfg.SessionExpires = max(p.cfg.SessionExpires, minExpires)
	return p, nil
}

// Run keeps one association with the telephone until that ends or ctx does: nil
// in the latter case, after BYE, or without where the cause is ErrSuspended. Any
// other end is an error in plain words with its cure, a *PhoneError unless the
// sockets broke; it is pbx.ErrNotSupported where the telephone cannot be
// controlled so, and trying again is of little use. Run may be called again when
// it has returned, not before: an association that was suspended, or lost with
// the sockets or in silence, is gone on with then, so that no telephone keeps
// sessions that nobody ends.
func (p *Phone) Run(ctx context.Context, c *Carrier) error {
	if err := p.run(ctx, c); err != nil && ctx.Err() == nil {
		return fmt.Errorf("uacsta: %w", err)
	}
	return nil
}

func (p *Phone) run(ctx context.Context, c *Carrier) error {
	s, err := p.begin(ctx, c)
	if err != nil {
		return err
	}
	p.set(s)
	if p.cfg.Ready != nil {
		p.cfg.Ready()
	}
	err = s.keep(ctx)
	p.set(nil)
	c.drop(s)
	if p.lasts(ctx, s, err) {
		return err
	}
	s.leave(ctx, err)
	return err
}

// begin goes on with the association of the last Run, or begins one.
func (p *Phone) begin(ctx context.Context, c *Carrier) (*session, error) {
	if s := p.takeKept(); s != nil {
		s.carrier.Store(c)
		c.add(s)
		_, err := s.refresh(ctx, p.cfg.SessionExpires)
		if err == nil {
			s.snapshot(ctx)
			return s, nil
		}
		c.drop(s)
		if p.lasts(ctx, s, err) {
			return nil, err
		}
	}
	s := newSession(p, c)
	c.add(s)
	if p.cfg.Begins != nil {
		p.cfg.Begins(s.dlg.callID)
	}
	err := s.associate(ctx)
	if err == nil {
		if err = s.monitor(ctx); err != nil {
			s.leave(ctx, err)
		}
	}
	if err != nil {
		c.drop(s)
		return nil, err
	}
	return s, nil
}

// lasts keeps an association for the next Run that the telephone may still
// have: what ended was the connection, or the telephone's patience with us is
// not over.
func (p *Phone) lasts(ctx context.Context, s *session, err error) bool {
	lost := errors.Is(context.Cause(ctx), ErrSuspended) || errors.Is(err, pbx.ErrLinkDown) || errors.Is(err, errSilent)
	select {
	case <-s.wire().Done():
		lost = true
	default:
	}
	if leaving := ctx.Err() != nil && !errors.Is(context.Cause(ctx), ErrSuspended); leaving || !lost || !s.suspend() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = s
	return true
}

// takeKept is the association to go on with, nil if there is none.
func (p *Phone) takeKept() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.kept
	p.kept = nil
	if s == nil || !time.Now().Before(s.until()) {
		return nil
	}
	return s
}

func (p *Phone) set(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = s
}

func (p *Phone) current() (*session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == nil {
		return nil, pbx.ErrLinkDown
	}
	return p.session, nil
}

// Calls are the telephone's calls as its events tell, oldest first. told is
// false where there is no association, or the telephone does not tell.
func (p *Phone) Calls() (calls []Call, told bool) {
	s, err := p.current()
	if err != nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...), s.monitored
}

// MakeCall has the telephone dial called, which is what one would dial on it,
// and returns the new connection: empty where the telephone does not name it.
// Errors: pbx.ErrLinkDown while Run has no association; else a *PhoneError, which
// may be pbx.ErrNotSupported or pbx.ErrUnknownDevice.
func (p *Phone) MakeCall(ctx context.Context, called string) (ecma323.ConnectionID, error) {
	if !dialable(called) {
		return ecma323.ConnectionID{}, fmt.Errorf("uacsta: dial: %w", errNumber)
	}
	m, err := p.service(ctx, &ecma323.MakeCall{
		CallingDevice: p.device(p.address.User), CalledDirectoryNumber: p.device(called), AutoOriginate: ecma323.DoNotPrompt,
	})
	if err != nil {
		return ecma323.ConnectionID{}, fmt.Errorf("uacsta: dial: %w", err)
	}
	if res, ok := m.(*ecma323.MakeCallResponse); ok {
		return res.CallingDevice, nil
	}
	return ecma323.ConnectionID{}, nil
}

// AnswerCall takes a call that Calls lists, or, if id is zero, the one that
// rings: where none does, or several, or the telephone does not tell, it asks
// nothing of it. Errors are those of MakeCall.
func (p *Phone) AnswerCall(ctx context.Context, id ecma323.ConnectionID) error {
	if id.IsZero() {
		s, err := p.current()
		if err != nil {
			return fmt.Errorf("uacsta: answer: %w", err)
		}
		if id, err = s.ringing(); err != nil {
			return fmt.Errorf("uacsta: answer: %w", err)
		}
	}
	return p.about(ctx, "answer", id, &ecma323.AnswerCall{CallToBeAnswered: id})
}

// ClearConnection hangs up a connection that MakeCall returned or Calls lists.
// Errors are those of MakeCall.
func (p *Phone) ClearConnection(ctx context.Context, id ecma323.ConnectionID) error {
	return p.about(ctx, "clear", id, &ecma323.ClearConnection{ConnectionToBeCleared: id})
}

// HoldCall puts a call on hold, RetrieveCall takes it back. Errors are those of
// MakeCall.
func (p *Phone) HoldCall(ctx context.Context, id ecma323.ConnectionID) error {
	return p.about(ctx, "hold", id, &ecma323.HoldCall{CallToBeHeld: id})
}

// RetrieveCall takes a held call back. Errors are those of MakeCall.
func (p *Phone) RetrieveCall(ctx context.Context, id ecma323.ConnectionID) error {
	return p.about(ctx, "retrieve", id, &ecma323.RetrieveCall{CallToBeRetrieved: id})
}

// about asks for something about one connection.
func (p *Phone) about(ctx context.Context, what string, id ecma323.ConnectionID, m ecma323.Message) error {
	if id.IsZero() {
		return fmt.Errorf("uacsta: %s: %w", what, errUnnamed)
	}
	if _, err := p.service(ctx, m); err != nil {
		return fmt.Errorf("uacsta: %s: %w", what, err)
	}
	return nil
}

func (p *Phone) service(ctx context.Context, m ecma323.Message) (ecma323.Message, error) {
	s, err := p.current()
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, m)
}

// device writes a number as the telephone wants device ids.
func (p *Phone) device(number string) ecma323.DeviceID {
	if !p.cfg.SIPDeviceIDs {
		return ecma323.ID(number)
	}
	return ecma323.ID("sip:" + strings.ReplaceAll(number, "#", "%23") + "@" + p.address.Host)
}

// maxNumber bounds a number that is dialled.
const maxNumber = 64

// dialable takes what can be dialled and needs no escaping but of '#'.
func dialable(number string) bool {
	if number == "" || len(number) > maxNumber {
		return false
	}
	for _, c := range number {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.ContainsRune("+*#-_.", c):
		default:
			return false
		}
	}
	return true
}

// checkText refuses what could add lines to a SIP message.
func checkText(s string) error {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f || strings.IndexByte(`<>"`, s[i]) >= 0 {
			return errors.New("blanks, brackets, quotes and control characters are not allowed")
		}
	}
	return nil
}
