package pbx

import (
	"errors"
	"log/slog"
	"time"
)

// LinkState is how a link as a whole is doing.
type LinkState uint8

// The link states. Degraded: connected, but some devices cannot be watched.
// Rejected: the switch refuses us (credentials, licence) and an administrator
// has to act.
const (
	LinkConnecting LinkState = iota
	LinkConnected
	LinkDegraded
	LinkRejected
	LinkDown
)

var linkStateNames = [...]string{"connecting", "connected", "degraded", "rejected", "down"}

// String is the state's name as the panel, check and metrics show it.
func (s LinkState) String() string { return linkStateNames[s] }

// Status is how a link is, for the panel and for check.
type Status struct {
	State LinkState
	// Since is when State was entered.
	Since time.Time
	// Problem says in plain words what is wrong, Cure what to do about it.
	Problem, Cure string
	// Profile is whose habits the switch follows, in the words of
	// LinkConfig.Profile: as configured, else as recognised by what it sends;
	// empty while that is not known, and for links that need none.
	Profile string
	// Watched counts the devices asked for, Active those the switch reports on.
	Watched, Active int
	// Refused lists devices that the switch does not let us watch.
	Refused []DeviceProblem
	// Events counts events delivered since the start.
	Events uint64
	// LastEvent is when the last one came.
	LastEvent time.Time
}

// DeviceProblem is a device that cannot be watched, why, and the cure.
type DeviceProblem struct {
	Device        DeviceID
	Problem, Cure string
}

// LinkConfig is what an administrator says about one switch.
type LinkConfig struct {
	Name      string   `json:"name" yaml:"name"`
	Type      string   `json:"type" yaml:"type"`                               // sip | hep | csta
	Profile   string   `json:"profile,omitempty" yaml:"profile,omitempty"`     // asterisk | freeswitch | kamailio | generic
	Transport string   `json:"transport,omitempty" yaml:"transport,omitempty"` // udp | tcp | tls
	Server    string   `json:"server" yaml:"server"`                           // host or host:port
	Domain    string   `json:"domain,omitempty" yaml:"domain,omitempty"`       // of the extensions' addresses; the server's host if empty
	Listen    string   `json:"listen,omitempty" yaml:"listen,omitempty"`       // local host:port for NOTIFYs
	Advertise string   `json:"advertise,omitempty" yaml:"advertise,omitempty"` // host:port the switch reaches us at; Listen if empty
	Username  string   `json:"username,omitempty" yaml:"username,omitempty"`
	Password  string   `json:"password,omitempty" yaml:"password,omitempty"`
	DialPlan  DialPlan `json:"dialPlan,omitzero" yaml:"dialPlan,omitempty"`
}

// LogValue leaves the password out.
func (c LinkConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", c.Name), slog.String("type", c.Type),
		slog.String("server", c.Server), slog.String("transport", c.Transport))
}

// DialPlan says how numbers look on a link. It has the same fields as
// lookup.DialPlan, which explains and applies them.
type DialPlan struct {
	Country           string `json:"country,omitempty" yaml:"country,omitempty"`
	AreaCode          string `json:"areaCode,omitempty" yaml:"areaCode,omitempty"`
	OutsideLinePrefix string `json:"outsideLinePrefix,omitempty" yaml:"outsideLinePrefix,omitempty"`
	International     bool   `json:"international,omitempty" yaml:"international,omitempty"`
	InternalDigits    int    `json:"internalDigits,omitempty" yaml:"internalDigits,omitempty"`
}

// Errors that callers tell apart.
var (
	// ErrNotSupported: the switch or the protocol cannot do this.
	ErrNotSupported = errors.New("not supported by this PBX")
	// ErrUnknownDevice: the device is not watched by this link.
	ErrUnknownDevice = errors.New("unknown device")
	// ErrLinkDown: there is no connection to the switch at present.
	ErrLinkDown = errors.New("no connection to the PBX")
)
