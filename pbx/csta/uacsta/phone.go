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
	"github.com/ctibridge/ctibridge/pbx/sip/transport"
)

// Defaults of a Config.
const (
	standardPatience = 10 * time.Second
	standardExpires  = 30 * time.Minute // RFC 4028 §4
	minExpires       = 90 * time.Second // RFC 4028 §5
	farewell         = 2 * time.Second
)

// Config says which telephone, and how it is reached.
type Config struct {
	// Phone is the telephone's SIP address, extension@host, "sip:" before it or
	// not.
	Phone string
	// Transport is where all requests go: to the telephone itself, or to the
	// proxy that it is registered at.
	Transport transport.Config
	// SIPDeviceIDs writes device ids as sip:extension@host, which Poly wants;
	// Yealink, Grandstream and Snom take the bare extension.
	SIPDeviceIDs bool
	// Username and Password answer a digest challenge; Username is the user
	// part of our own address too.
	Username, Password string
	// Patience is how long an answer may take, 10 s by default.
	Patience time.Duration
	// SessionExpires is what we ask for, 30 min by default, at least 90 s.
	SessionExpires time.Duration
	// Ready is told when the telephone has taken the session. May be nil.
	Ready func()
	// Events is told each event of the telephone, once and in the order of
	// arrival, on the read loop of its socket: it must not wait. May be nil.
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
	if p.cfg.Patience <= 0 {
		p.cfg.Patience = standardPatience
	}
	if p.cfg.SessionExpires <= 0 {
		p.cfg.SessionExpires = standardExpires
	}
	p.cfg.SessionExpires = max(p.cfg.SessionExpires, minExpires)
	return p, nil
}

// Run keeps one association with the telephone until that ends or ctx does: nil
// in the latter case, after BYE. Any other end is an error in plain words with
// its cure; it is pbx.ErrNotSupported where the telephone cannot be controlled
// so, and trying again is of no use. Run may be called again when it has
// returned, not before.
func (p *Phone) Run(ctx context.Context) error {
	if err := p.run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("uacsta: %w", err)
	}
	return nil
}

func (p *Phone) run(ctx context.Context) error {
	s := newSession(p)
	var err error
	if s.wire, err = transport.Open(ctx, p.cfg.Transport, s.receive); err != nil {
		return err
	}
	s.tx = transport.NewTransactions(s.wire)
	defer s.wire.Close()
	s.wire.Serve()
	if err := s.associate(ctx); err != nil {
		return err
	}
	if err := s.monitor(ctx); err != nil {
		s.leave(ctx, err)
		return err
	}
	p.set(s)
	if p.cfg.Ready != nil {
		p.cfg.Ready()
	}
	err = s.keep(ctx)
	p.set(nil)
	s.leave(ctx, err)
	return err
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

// Calls are the telephone's calls as its events tell, oldest first.
func (p *Phone) Calls() []Call {
	s, err := p.current()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// MakeCall has the telephone dial called, which is what one would dial on it,
// and returns the new connection: empty where the telephone does not name it.
// Errors: pbx.ErrLinkDown while Run has no association, pbx.ErrNotSupported,
// else what the telephone says with the cure.
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

// AnswerCall takes the one call that rings at the telephone. Where none rings,
// or several, or the telephone does not tell, it asks nothing of it. Errors are
// those of MakeCall.
func (p *Phone) AnswerCall(ctx context.Context) error {
	s, err := p.current()
	if err != nil {
		return fmt.Errorf("uacsta: answer: %w", err)
	}
	id, err := s.ringing()
	if err != nil {
		return fmt.Errorf("uacsta: answer: %w", err)
	}
	if _, err := p.service(ctx, &ecma323.AnswerCall{CallToBeAnswered: id}); err != nil {
		return fmt.Errorf("uacsta: answer: %w", err)
	}
	return nil
}

// ClearConnection hangs up a connection that MakeCall returned or Calls lists.
// Errors are those of MakeCall.
func (p *Phone) ClearConnection(ctx context.Context, id ecma323.ConnectionID) error {
	if id.IsZero() {
		return fmt.Errorf("uacsta: clear: the telephone has not named this call; hang up there: %w", pbx.ErrNotSupported)
	}
	if _, err := p.service(ctx, &ecma323.ClearConnection{ConnectionToBeCleared: id}); err != nil {
		return fmt.Errorf("uacsta: clear: %w", err)
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
