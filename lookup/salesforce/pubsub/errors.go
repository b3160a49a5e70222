package pubsub

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// Errors that a caller branches on, with errors.Is.
var (
	// ErrReplayLost: the replay id is unknown to the org, or older than its 72
	// hours. What has happened since has to be read otherwise.
	ErrReplayLost = errors.New("pubsub: the replay id is lost")
	// ErrNoTopic: the org has no such topic, or not for the run-as user.
	ErrNoTopic = errors.New("pubsub: no such topic")
	// ErrLimit: the org delivers no more events for now, or not to so many.
	ErrLimit = errors.New("pubsub: limit reached")
	// ErrSilent: the stream has given no sign of life for too long.
	ErrSilent = errors.New("pubsub: the stream is silent")
)

// errExpired says that a new sign-in is needed.
var errExpired = errors.New("pubsub: session expired")

// codeNoSubscribe is a Code of our own.
const codeNoSubscribe = "CAN_NOT_SUBSCRIBE"

// errorCode is the trailer in which the org names an error.
const errorCode = "error-code"

// Error is a call that the org has refused or not answered.
type Error struct {
	Op, Topic string // "subscribe to", "/data/ContactChangeEvent"
	// Code is Salesforce's, such as
	// sfdc.platform.eventbus.grpc.subscription.limit.exceeded, else gRPC's.
	Code string
	// Message is Salesforce's own, clipped.
	Message string

	status codes.Code
	begun  bool // the stream stood already
	cause  error
}

// Error says what failed and why, without the cure.
func (e *Error) Error() string {
	return fmt.Sprintf("pubsub: %s %s: %s (%s)", e.Op, e.Topic, e.Message, e.Code)
}

// Unwrap is what lies behind it.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is know the errors of this package.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrReplayLost:
		return strings.Contains(e.Code, "replayid")
	case ErrNoTopic:
		return e.status == codes.NotFound || e.status == codes.PermissionDenied || e.Code == codeNoSubscribe
	case ErrLimit:
		return strings.Contains(e.Code, "limit.exceeded") || e.status == codes.ResourceExhausted
	case errExpired:
		// A stream that stood is not begun anew where it once began: the caller
		// comes back with its last Replay.
		return e.status == codes.Unauthenticated && !e.begun
	}
	return false
}

// newError makes an Error of what gRPC says.
func newError(op, topic string, err error, trailer metadata.MD) *Error {
	s := status.Convert(err)
	e := &Error{Op: op, Topic: topic, Code: s.Code().String(), Message: clip(s.Message()), status: s.Code(), cause: err}
	if named := trailer.Get(errorCode); len(named) > 0 {
		e.Code = clip(named[0])
	}
	return e
}

// maxText bounds foreign text.
const maxText = 300

func clip(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxText {
		runes = append(runes[:maxText], '…')
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, string(runes))
}

// Cure says in plain words what to do about an error of this package, or of the
// sign-in behind it; polling goes on meanwhile.
func Cure(err error) string {
	var e *Error
	if errors.Is(err, ErrSilent) {
		return "The bridge connects again by itself. If this stays, a firewall or proxy drops idle connections: let connections to the Pub/Sub API's address stay open for 5 minutes."
	}
	if !errors.As(err, &e) {
		return salesforce.Cure(err)
	}
	switch {
	case errors.Is(e, ErrNoTopic):
		return "In Setup, Change Data Capture, select the object; give the run-as user “View All Records” on it (or “View All Data”) in a permission set."
	case errors.Is(e, ErrReplayLost):
		return "Nothing is to be done: polling brings what has happened meanwhile."
	case errors.Is(e, ErrLimit):
		return "The org's event deliveries for 24 hours or its subscribers are used up. Look in Setup, Company Information, or buy the Change Data Capture add-on; polling goes on meanwhile."
	case e.status == codes.Unauthenticated:
		return "Salesforce refuses the session for events. Check in the app's OAuth settings that it has the scope “Manage user data via APIs (api)” and that the run-as user has “API Enabled”."
	case e.status == codes.Unavailable || e.status == codes.DeadlineExceeded:
		return "Let the bridge reach the Pub/Sub API's address (api.pubsub.salesforce.com, port 7443) through firewall and proxy, with HTTP/2 and no inspection of TLS; or name port 443 in the org's connection. The bridge tries again by itself."
	}
	return "The bridge tries again by itself, and polling goes on meanwhile. If this stays, look at status.salesforce.com."
}
