package pbx

import "context"

// The services of a switch (ECMA-269 §17.1). A Link has those that its protocol
// and its switch can do; callers ask by type assertion, and a method returns
// ErrNotSupported where the present call or switch cannot. All return when the
// request is sent or was refused; what comes of it follows as events.

// Dialer is a Link that can place calls.
type Dialer interface {
	// MakeCall rings the calling device and, when it answers, connects it to
	// called, which is what one would dial on that device. It returns as soon
	// as the request is sent; progress and refusal follow as events that carry
	// the returned id, for the whole call: Originated while it rings,
	// Established when the far end answers, Failed or ConnectionCleared.
	MakeCall(ctx context.Context, calling DeviceID, called string) (ConnectionID, error)
}

// Clearer is a Link that can end a connection.
type Clearer interface {
	// ClearConnection ends the connection, ErrNotSupported where the switch
	// cannot do it in the connection's present state.
	ClearConnection(ctx context.Context, id ConnectionID) error
}

// Answerer is a Link that can take a ringing call on the agent's telephone.
type Answerer interface {
	AnswerCall(ctx context.Context, alerting ConnectionID) error
}

// Holder is a Link that can hold a call and take it back.
type Holder interface {
	HoldCall(ctx context.Context, connected ConnectionID) error
	RetrieveCall(ctx context.Context, held ConnectionID) error
}

// Transferrer is a Link that can hand a call on.
type Transferrer interface {
	// SingleStepTransferCall connects the far end of a connected call to
	// another number, without talking to it first (a blind transfer).
	SingleStepTransferCall(ctx context.Context, connected ConnectionID, to string) error
	// TransferCall connects the far ends of a held and a connected call of one
	// device, and takes that device out.
	TransferCall(ctx context.Context, held, connected ConnectionID) error
}

// Consulter is a Link that can place a second call while the first waits.
type Consulter interface {
	// ConsultationCall holds the connected call and dials to; it returns the
	// new call.
	ConsultationCall(ctx context.Context, connected ConnectionID, to string) (ConnectionID, error)
	// AlternateCall holds the connected call and retrieves the held one.
	AlternateCall(ctx context.Context, held, connected ConnectionID) error
}

// Deflecter is a Link that can send a ringing call elsewhere.
type Deflecter interface {
	DeflectCall(ctx context.Context, alerting ConnectionID, to string) error
}

// Services is a set of the services above.
type Services uint16

// The services, each in the connection's words: ServiceTransfer and
// ServiceAlternate need a held and a connected call of one device.
const (
	ServiceAnswer Services = 1 << iota
	ServiceClear
	ServiceHold
	ServiceRetrieve
	ServiceSingleStepTransfer
	ServiceTransfer
	ServiceConsult
	ServiceAlternate
	ServiceDeflect
)

// Capable is a Link whose services depend on the call: over SIP we can end a
// call that we are placing and none that a telephone placed. Of other links
// what their type implements counts. Services may be asked while locks are
// held: it waits for nothing but memory.
type Capable interface {
	// Services are those that the link can do with the connection as it is now.
	Services(id ConnectionID) Services
}

// ServicesOf are the services that a link can do with a connection.
func ServicesOf(l Link, id ConnectionID) Services {
	if c, ok := l.(Capable); ok {
		return c.Services(id)
	}
	var s Services
	if _, ok := l.(Answerer); ok {
		s |= ServiceAnswer
	}
	if _, ok := l.(Clearer); ok {
		s |= ServiceClear
	}
	if _, ok := l.(Holder); ok {
		s |= ServiceHold | ServiceRetrieve
	}
	if _, ok := l.(Transferrer); ok {
		s |= ServiceSingleStepTransfer | ServiceTransfer
	}
	if _, ok := l.(Consulter); ok {
		s |= ServiceConsult | ServiceAlternate
	}
	if _, ok := l.(Deflecter); ok {
		s |= ServiceDeflect
	}
	return s
}
