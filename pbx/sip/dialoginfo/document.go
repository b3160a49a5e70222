// Package dialoginfo reads the documents of the SIP dialog event package
// (RFC 4235, application/dialog-info+xml) as telephone systems really send
// them.
//
//	NOTIFY body ──► Document.Parse ──► Document{Dialogs} ──► Identity.Party
//
// It is a scanner and not an XML parser, because the bodies are not always XML:
// FreeSWITCH copies caller names without escaping (`display="Meier & Co <Bau>"`),
// others send Latin-1 bytes or leave attributes out. The scanner takes what it
// can read, never fails on a hostile name and needs one allocation for a usual
// document. What it reads is bounded by the constants below; names come out as
// valid UTF-8 without control characters, but are hostile text all the same.
//
// An `<identity>` that has a line to itself is read from both ends of that
// line, so that a caller who names himself `x"><state>terminated</state>` stays
// a strange name and does not become part of the document: SIP header fields
// cannot carry a line feed.
package dialoginfo

import "errors"

// The limits. A document over MaxBody is refused; dialogs, ids and addresses
// over theirs are left out, names are cut.
const (
	MaxBody    = 65535
	MaxDialogs = 64
	MaxID      = 256
	MaxURI     = 512
	MaxDisplay = 256
)

// The errors of Parse.
var (
	// ErrTooLarge: the body is longer than MaxBody.
	ErrTooLarge = errors.New("dialog-info: document too large")
	// ErrNoDialogInfo: there is no dialog-info element in the body.
	ErrNoDialogInfo = errors.New("dialog-info: no dialog-info element")
)

// State is the state of a dialog (RFC 4235 §3.7.1), compared without regard to
// case: Kamailio writes "Trying".
type State uint8

// The dialog states. StateUnknown: none was given, or one that we do not know.
const (
	StateUnknown State = iota
	StateTrying
	StateProceeding
	StateEarly
	StateConfirmed
	StateTerminated
)

// Direction tells who began the dialog (RFC 4235 §4.1.2).
type Direction uint8

// The directions. Asterisk leaves it out once a call is confirmed.
const (
	DirectionUnknown Direction = iota
	DirectionInitiator
	DirectionRecipient
)

// Rendering is the parameter +sip.rendering of the local target (RFC 4235
// §4.4): whether the device plays the call's media.
type Rendering uint8

// The renderings.
const (
	RenderingUnknown Rendering = iota
	RenderingYes
	RenderingNo
)

// Document is one dialog-info document.
type Document struct {
	// Version counts the documents of a subscription; HasVersion says whether
	// it was given.
	Version    uint32
	HasVersion bool
	// Full is state="full". FreeSWITCH writes it on partial documents too.
	Full bool
	// Entity is the address of the device that is reported on.
	Entity string
	// Dialogs are in the order of the document.
	Dialogs []Dialog
	// Truncated says that the document broke off or held more than
	// MaxDialogs: what is missing in it has not ended.
	Truncated bool
}

// Dialog is one dialog of the device.
type Dialog struct {
	// ID is unique within the subscription; a channel's UUID on FreeSWITCH,
	// the extension itself on Asterisk.
	ID string
	// CallID, LocalTag and RemoteTag are those of the SIP dialog, mostly empty.
	CallID, LocalTag, RemoteTag string
	Direction                   Direction
	State                       State
	// Event and Code say why the state was entered (RFC 4235 §4.1.2):
	// "cancelled", "rejected", "replaced", "local-bye", "remote-bye", "error",
	// "timeout"; the code is that of a SIP response, 0 if none.
	Event string
	Code  int
	// Local is the device's own identity, Remote the far end's.
	Local, Remote Identity
	// Rendering is that of the local target.
	Rendering Rendering
}

// Identity is the address and display name of one end.
type Identity struct {
	URI, Display string
	// Withheld says that the end's target address hides it (RFC 3323), whatever
	// the identity says.
	Withheld bool
}
