package bridge

import (
	"errors"
	"time"
)

// AgentID is the bridge's own id of an agent, stable over renames and re-binding.
type AgentID string

// Agent is a person who takes calls: a user of one Salesforce org with one or
// more devices.
type Agent struct {
	ID    AgentID `json:"-" yaml:"-"`
	Email string  `json:"email" yaml:"email"`
	// Org is the 18-character id of the agent's org.
	Org string `json:"org" yaml:"org"`
	// SalesforceUser is the 18-character user id the agent is bound to; empty
	// until the first sign-in binds it or an administrator sets it.
	SalesforceUser string   `json:"salesforceUser,omitempty" yaml:"salesforceUser,omitempty"`
	Devices        []Device `json:"devices" yaml:"devices"`
	Groups         []string `json:"groups,omitempty" yaml:"groups,omitempty"`
	Enabled        bool     `json:"enabled" yaml:"enabled"`
	// SwitchAgent is what the agent logs on with at telephones of an ACD; empty
	// where that is one of the agent's extensions.
	SwitchAgent string `json:"switchAgent,omitempty" yaml:"switchAgent,omitempty"`
	// Settings are the agent's own and win over those of the groups.
	Settings Settings `json:"settings,omitzero" yaml:"settings,omitempty"`
	// KeepEnabled says that a document did not speak of Enabled: an agent that
	// is stored already stays as it is. It is never stored itself.
	KeepEnabled bool `json:"keepEnabled,omitempty" yaml:"-"`
}

// Device is an extension on one link; two PBXs may use the same extension.
type Device struct {
	Link      string `json:"link" yaml:"link"`
	Extension string `json:"extension" yaml:"extension"`
}

// Group is a set of agents with common settings.
type Group struct {
	Name     string   `json:"name" yaml:"name"`
	Settings Settings `json:"settings,omitzero" yaml:"settings,omitempty"`
}

// When a pop comes.
const (
	PopOnRinging = "ringing"
	PopOnAnswer  = "answer"
	// PopByHand shows the call and opens nothing: the agent does.
	PopByHand = "hand"
)

// Settings are rules for pops and dialling: a group's, or an agent's own. A nil
// field takes the default, said in resolve. An agent's own field wins, then that
// of the first group that sets it; but for what protects, where the strictest
// group wins (DialClass, DialSharedCost, both rates, ShowDetails, LogCalls), and
// DialBlocked, where all lists hold together.
type Settings struct {
	// PopOn is PopOnRinging, PopOnAnswer or PopByHand.
	PopOn *string `json:"popOn,omitempty" yaml:"popOn,omitempty"`
	// OpenRecord opens the record by itself on one exact match.
	OpenRecord *bool `json:"openRecord,omitempty" yaml:"openRecord,omitempty"`
	// InternalCalls pops calls between extensions too.
	InternalCalls *bool `json:"internalCalls,omitempty" yaml:"internalCalls,omitempty"`
	// ShowDetails sends names and companies in matches; off: ids only.
	ShowDetails *bool `json:"showDetails,omitempty" yaml:"showDetails,omitempty"`
	// CreateObject is offered for unknown callers: Lead, Contact, Account; "none" offers nothing.
	CreateObject *string `json:"createObject,omitempty" yaml:"createObject,omitempty"`
	// CreateOutbound is the same for unknown numbers that the agent calls; nil:
	// as CreateObject says.
	CreateOutbound *string `json:"createOutbound,omitempty" yaml:"createOutbound,omitempty"`
	// Sound lets the panel ring.
	Sound *bool `json:"sound,omitempty" yaml:"sound,omitempty"`
	// QuietInCall lets a call that comes during another one only stand in the
	// list: no sound, no record that opens.
	QuietInCall *bool `json:"quietInCall,omitempty" yaml:"quietInCall,omitempty"`
	// LogCalls writes calls into Salesforce.
	LogCalls *bool `json:"logCalls,omitempty" yaml:"logCalls,omitempty"`
	// Dispositions are the outcomes of a call that agents choose from, at most
	// MaxDispositions; none: the panel's own list, in the agent's language.
	Dispositions []string `json:"dispositions,omitempty" yaml:"dispositions,omitempty"`
	// AllowedDevices are those that an agent may choose from for the day.
	AllowedDevices []Device `json:"allowedDevices,omitempty" yaml:"allowedDevices,omitempty"`
	// ShiftHours is how long such a choice holds at most.
	ShiftHours *int `json:"shiftHours,omitempty" yaml:"shiftHours,omitempty"`
	// Objects are those searched, in order; empty: all.
	Objects []string `json:"objects,omitempty" yaml:"objects,omitempty"`
	// DialClass is how far agents may dial from the panel: DialInternal,
	// DialNational or DialInternational; each includes the ones before.
	DialClass *string `json:"dialClass,omitempty" yaml:"dialClass,omitempty"`
	// DialSharedCost allows numbers that cost more than a usual call, such as
	// 0180 in Germany. Premium-rate, short service and emergency numbers are
	// never dialled by a click.
	DialSharedCost *bool `json:"dialSharedCost,omitempty" yaml:"dialSharedCost,omitempty"`
	// DialBlocked are beginnings of E.164 numbers ("+4932") that are not dialled.
	DialBlocked []string `json:"dialBlocked,omitempty" yaml:"dialBlocked,omitempty"`
	// DialsPerMinute and DialsPerTenSeconds are how many calls one agent may
	// place from the panel, at most MaxDials each.
	DialsPerMinute     *int `json:"dialsPerMinute,omitempty" yaml:"dialsPerMinute,omitempty"`
	DialsPerTenSeconds *int `json:"dialsPerTenSeconds,omitempty" yaml:"dialsPerTenSeconds,omitempty"`
}

// How far agents may dial.
const (
	DialInternal      = "internal"
	DialNational      = "national"
	DialInternational = "international"
)

// MaxShift bounds Settings.ShiftHours.
const MaxShift = 24

// MaxDials bounds the rates of dialling that settings may allow.
const MaxDials = 600

// Claims are what a verified ticket says about its bearer.
type Claims struct {
	Org   string // 18-character org id
	User  string // 18-character user id
	Email string
	Name  string // preferred_username, for messages only
}

// Session is what the bridge keeps of a tab's resume token.
type Session struct {
	TokenHash [32]byte // SHA-256 of the opaque token
	Agent     AgentID
	Tab       TabID
	// KID and Key say which certificate that ticket was signed with: its name,
	// and the SHA-256 of its public key (SubjectPublicKeyInfo). The session is
	// good while the org has that key.
	KID string
	Key [32]byte
	// Signed is when the agent last proved identity by a ticket; a chain of
	// resumes ends 12 h after it.
	Signed  time.Time
	Expires time.Time
}

// UsedTicket is what the bridge keeps of a ticket, so that it serves once.
type UsedTicket struct {
	Hash  [32]byte  // SHA-256 of org and jti; zero: there is none
	Until time.Time // when it could not serve any more in any case
}

// Refusal is a Salesforce user who proved identity and was refused, since no
// agent is this user's.
type Refusal struct {
	Org, User string // 18-character ids
	// Agent has this user's e-mail address; empty where none has, or several.
	Agent AgentID
	// Reason is the text of ErrNoAgent, ErrAmbiguous or ErrBoundToOther.
	Reason string
	Last   time.Time
	Times  int
}

// Administrator is a local account of the panel.
type Administrator struct {
	Name         string
	PasswordHash string // argon2id in PHC string format
	CreatedAt    time.Time
}

// AuditEntry is one change made by an administrator.
type AuditEntry struct {
	ID     int64 // rises with each; set by the store
	Time   time.Time
	Actor  string // administrator, or "command line"
	Action string // "agent.update", "config.import" …
	Object string // what it was done to
	Detail string // no secret, ever
	Times  int    // how often within the minute from Time; set by the store
}

// AuditFilter narrows the audit trail. The zero value of a field asks for all.
type AuditFilter struct {
	Words   []string // each must be in actor, action, object or detail, in any case
	Without []string // actions left out
	Before  int64    // only entries with a lower ID, for the next page
	Limit   int
}

// Errors that callers tell apart. Their texts are shown to agents and
// administrators.
var (
	ErrNoAgent       = errors.New("no agent has this user's e-mail address")
	ErrAgentDisabled = errors.New("the agent is disabled")
	ErrUserInactive  = errors.New("the Salesforce user is deactivated or frozen")
	ErrAmbiguous     = errors.New("several agents have this user's e-mail address")
	ErrBoundToOther  = errors.New("the agent is bound to another Salesforce user")
	ErrTicketUsed    = errors.New("the ticket was used before")
	ErrNotYourCall   = errors.New("no such call of yours")
	ErrNotFound      = errors.New("not found")
	ErrConflict      = errors.New("already exists")
)
