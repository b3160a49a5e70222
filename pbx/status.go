package pbx

import (
	"errors"
	"log/slog"
	"time"
)

// LinkState is how a link as a whole is doing.
type LinkState uint8

// The link states. Degraded: connected, but some devices cannot be watched, or a
// preferred server does not work.
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
	// ServerInUse is the one of LinkConfig.Server that the link is connected to, with
	// its address; empty while there is no connection, and for links that have
	// one server only.
	ServerInUse string
	// Watched counts the devices asked for, Active those the switch reports on.
	Watched, Active int
	// Refused lists devices that the switch does not let us watch.
	Refused []DeviceProblem
	// Uncontrolled lists devices that are watched, but whose telephones cannot be
	// dialled and answered from here as the link is configured.
	Uncontrolled []DeviceProblem
	// Events counts events delivered since the start.
	Events uint64
	// LastEvent is when the last one came.
	LastEvent time.Time
	// Messages counts what was read from the switch. Each message either made
	// events (Effective) or is counted under one reason in Drops, so that
	// Messages = Effective + the sum of Drops.
	Messages, Effective uint64
	Drops               []Drop
	// Limits is what this switch cannot tell or do over this link.
	Limits []Limit
}

// Drop counts messages that made no event, for one reason: "duplicate",
// "nothing new", "malformed" …
type Drop struct {
	Reason string
	Count  uint64
}

// Limit is something that a switch cannot tell, and what helps.
type Limit struct {
	Text, Cure string
	// Mirrored says that a mirror beside the link tells it: while one runs, it is
	// no limit.
	Mirrored bool
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
	Server    string   `json:"server" yaml:"server"`                           // host or host:port; several, in order of preference, separated by commas
	Domain    string   `json:"domain,omitempty" yaml:"domain,omitempty"`       // of the extensions' addresses; the server's host if empty
	Listen    string   `json:"listen,omitempty" yaml:"listen,omitempty"`       // local host:port for NOTIFYs
	Advertise string   `json:"advertise,omitempty" yaml:"advertise,omitempty"` // host:port the switch reaches us at; Listen if empty
	Username  string   `json:"username,omitempty" yaml:"username,omitempty"`
	Password  string   `json:"password,omitempty" yaml:"password,omitempty"`
	DialPlan  DialPlan `json:"dialPlan,omitzero" yaml:"dialPlan,omitempty"`
	// TestExtensions are those that agents of a sandbox may have: "9001", "90xx",
	// "9000-9099".
	TestExtensions []string `json:"testExtensions,omitempty" yaml:"testExtensions,omitempty"`
	// TLS says whom to trust when Transport is tls.
	TLS TLS `json:"tls,omitzero" yaml:"tls,omitempty"`
	// Lists are resource lists on the switch (RFC 4662), asked for instead of
	// their members one by one. SIP only.
	Lists []string `json:"lists,omitempty" yaml:"lists,omitempty"`
	// Unsolicited takes NOTIFYs that nobody subscribed to, as innovaphone sends
	// them to members of a group; nothing is subscribed then. SIP only.
	Unsolicited bool `json:"unsolicited,omitempty" yaml:"unsolicited,omitempty"`
	// DialBy is how calls are placed over SIP: "refer" (INVITE, then REFER; the
	// default), "outOfDialogRefer", "3pcc" (RFC 3725) or "uacsta" (ECMA TR/87).
	DialBy string `json:"dialBy,omitempty" yaml:"dialBy,omitempty"`
	// AnswerBy "talk" answers by NOTIFY with Event: talk, where telephones take
	// that, and "uacsta" by CSTA; empty: SIP cannot answer.
	AnswerBy string `json:"answerBy,omitempty" yaml:"answerBy,omitempty"`
	// UACSTA is for SIP links that dial or answer so.
	UACSTA UACSTA `json:"uacsta,omitzero" yaml:"uacsta,omitempty"`
	// Sources are the addresses or prefixes that a mirror takes packets from;
	// Password is its shared key. HEP only.
	Sources []string `json:"sources,omitempty" yaml:"sources,omitempty"`
	// Beside is the SIP link to the same switch: the mirror's events are merged
	// into that link's. HEP only.
	Beside string `json:"beside,omitempty" yaml:"beside,omitempty"`
	// CSTA is for links of that type.
	CSTA CSTA `json:"csta,omitzero" yaml:"csta,omitempty"`
}

// TLS says how the switch proves who it is. The zero value trusts the machine's
// authorities.
type TLS struct {
	// CAFile holds the authorities' certificates (PEM) to trust instead.
	CAFile string `json:"caFile,omitempty" yaml:"caFile,omitempty"`
	// Pin trusts one key only, whoever signed it: the SHA-256 of the
	// certificate's SubjectPublicKeyInfo in base64, as RFC 7469 writes it.
	Pin string `json:"pin,omitempty" yaml:"pin,omitempty"`
	// SIPS writes sips: addresses, so that every hop has to be secure.
	SIPS bool `json:"sips,omitempty" yaml:"sips,omitempty"`
}

// UACSTA says how desk telephones are controlled by CSTA over SIP (ECMA TR/87).
type UACSTA struct {
	// SIPDevices writes device ids as sip:extension@domain, as Poly wants them;
	// else they are bare extensions.
	SIPDevices bool `json:"sipDevices,omitempty" yaml:"sipDevices,omitempty"`
	// Phones are telephones that are asked directly, over UDP, because the switch
	// does not pass CSTA on; the others are asked through it.
	Phones []UACSTAPhone `json:"phones,omitempty" yaml:"phones,omitempty"`
}

// UACSTAPhone is one such telephone.
type UACSTAPhone struct {
	Device  DeviceID `json:"device" yaml:"device"`
	Address string   `json:"address" yaml:"address"` // IP address, or address:port
}

// CSTA says how a switch speaks ECMA-323.
type CSTA struct {
	// Dialect is how a session begins: see pbx/csta.
	Dialect string `json:"dialect,omitempty" yaml:"dialect,omitempty"`
	// Edition is the schema's: ed2 to ed6; empty: the dialect's own.
	Edition string `json:"edition,omitempty" yaml:"edition,omitempty"`
	// Pace is how many monitors are started a second; 0: 100.
	Pace float64 `json:"pace,omitempty" yaml:"pace,omitempty"`
	// Prompt lets the switch ring the agent first and not take the line off
	// hook by itself.
	Prompt bool `json:"prompt,omitempty" yaml:"prompt,omitempty"`
	// Switch is the name of the telephone system where the server has several.
	Switch string `json:"switch,omitempty" yaml:"switch,omitempty"`
	// Groups are numbers that can only be monitored as a whole, with the agents'
	// devices behind them (OpenScape Business MULAP).
	Groups []CSTAGroup `json:"groups,omitempty" yaml:"groups,omitempty"`
}

// CSTAGroup is one such number.
type CSTAGroup struct {
	Number  string     `json:"number" yaml:"number"`
	Devices []DeviceID `json:"devices" yaml:"devices"`
}

// LogValue leaves the password out.
func (c LinkConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", c.Name), slog.String("type", c.Type),
		slog.String("server", c.Server), slog.String("transport", c.Transport))
}

// DialPlan says how numbers look on a link. It has the same fields as
// lookup.DialPlan, which explains and applies them.
type DialPlan struct {
	Country             string       `json:"country,omitempty" yaml:"country,omitempty"`
	AreaCode            string       `json:"areaCode,omitempty" yaml:"areaCode,omitempty"`
	OutsideLinePrefix   string       `json:"outsideLinePrefix,omitempty" yaml:"outsideLinePrefix,omitempty"`
	International       bool         `json:"international,omitempty" yaml:"international,omitempty"`
	InternalDigits      int          `json:"internalDigits,omitempty" yaml:"internalDigits,omitempty"`
	InternalPatterns    []string     `json:"internalPatterns,omitempty" yaml:"internalPatterns,omitempty"` // 1xx, 2000-2999
	MainNumbers         []MainNumber `json:"mainNumbers,omitempty" yaml:"mainNumbers,omitempty"`
	NationalPrefix      string       `json:"nationalPrefix,omitempty" yaml:"nationalPrefix,omitempty"`
	InternationalPrefix string       `json:"internationalPrefix,omitempty" yaml:"internationalPrefix,omitempty"`
	LocalNumbers        bool         `json:"localNumbers,omitempty" yaml:"localNumbers,omitempty"`
}

// MainNumber is a main number of the switch and how many digits its direct
// dials have. An alias of an unnamed struct, so that a DialPlan can be converted
// to lookup's.
type MainNumber = struct {
	Number    string `json:"number" yaml:"number"` // E.164 without the direct dials: +493023125
	DDIDigits int    `json:"ddiDigits,omitempty" yaml:"ddiDigits,omitempty"`
}

// Errors that callers tell apart.
var (
	// ErrNotSupported: the switch or the protocol cannot do this.
	ErrNotSupported = errors.New("not supported by this PBX")
	// ErrUnknownDevice: the device is not watched by this link.
	ErrUnknownDevice = errors.New("unknown device")
	// ErrDialling: the device has a call that was dialled through the link, and
	// the link can follow only one of these.
	ErrDialling = errors.New("the device has a dialled call")
	// ErrLinkDown: there is no connection to the switch at present.
	ErrLinkDown = errors.New("no connection to the PBX")
	// ErrStopping, as the cause of the end of Run's context (context.Cause),
	// says that the program ends and will be back: a link that can goes on then
	// where it was, and does not take leave of the switch.
	ErrStopping = errors.New("the bridge is stopping")
)
