package agent

import (
	"strconv"

	"github.com/gorilla/websocket"
)

// The close codes of the protocol, beside RFC 6455's 1009 (a frame over 32 KiB)
// and 1012 (the bridge restarts).
const (
	CloseMalformed        = 4400 // the frame cannot be read
	CloseNotAuthenticated = 4401 // the reason is one of the Reason constants
	CloseNoAgent          = 4403 // the reason says why in plain words
	CloseReplaced         = 4409 // the same tab connected again
	CloseTooSlow          = 4413 // the tab does not read
	CloseTooFast          = 4429 // too many frames, or too many tabs
)

// The reasons of CloseNotAuthenticated.
const (
	ReasonSignature = "signature" // not signed by the org's key, or by another algorithm
	ReasonAudience  = "audience"  // made for another bridge
	ReasonOrg       = "org"       // the org is not configured here, or is not the issuer
	ReasonExpired   = "expired"   // too old, not valid yet, or a resume token that is void
	ReasonReplayed  = "replayed"  // used before
	ReasonMalformed = "malformed" // not a ticket of ours
)

// The other reasons.
const (
	reasonReplaced  = "this tab connected again"
	reasonTooSlow   = "the tab does not read"
	reasonTooFast   = "too many messages"
	reasonTooMany   = "too many tabs"
	reasonRestart   = "the bridge restarts"
	reasonFirst     = "the first message must authenticate"
	reasonMalformed = "the message cannot be read"
	reasonInternal  = "something went wrong in the bridge"
)

// closing is how a connection is told to end.
type closing struct {
	code   int
	reason string
}

// label is the code as a metric shows it: a peer may send any number, and each
// would be a new time series.
func (c closing) label() string {
	switch c.code {
	case websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived, websocket.CloseAbnormalClosure,
		websocket.CloseMessageTooBig, websocket.CloseInternalServerErr, websocket.CloseServiceRestart, CloseMalformed, CloseNotAuthenticated,
		CloseNoAgent, CloseReplaced, CloseTooSlow, CloseTooFast:
		return strconv.Itoa(c.code)
	}
	return "other"
}

// message is the close frame's payload; RFC 6455 §5.5 leaves 123 bytes to the
// reason.
func (c closing) message() []byte {
	return websocket.FormatCloseMessage(c.code, truncate(c.reason, 123))
}

// truncate cuts s to at most n bytes without cutting a character.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
