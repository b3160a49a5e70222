package csta

import (
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// dialect is how a session with a kind of PBX begins, lives and ends. What it
// does not do is nil or zero.
type dialect struct {
	name string
	// port and tlsPort are where such a PBX listens, 0 where that is known of
	// none.
	port, tlsPort uint16
	edition       ecma323.Edition
	// greeted: the PBX speaks first, with SystemStatus.
	greeted bool
	// opening begins the session; granted judges the answer.
	opening func(*session) ecma323.Message
	granted func(*session, ecma323.Message) error
	// probe asks whether the PBX is still there, at least each interval in which
	// nothing is heard; answered: so that silence means that it is not.
	probe    func(*session) ecma323.Message
	interval time.Duration
	answered bool
	// closing ends the session.
	closing func(*session) ecma323.Message
	// resolves: devices have to be asked for by their numbers before use.
	resolves bool
	// lasting: sessions outlive their connections, with their monitors.
	lasting bool
	// events and agentEvents are what a monitor is asked to report; none: all.
	events, agentEvents []string
}

const (
	sessionDuration = 180 * time.Second // asked for
	cleanupDelay    = 60 * time.Second  // for how long a session outlives its connection
	interval        = 30 * time.Second
)

// dialects are those that can be configured, the default first.
var dialects = [...]dialect{
	{ // ECMA-354, as OpenScape Business and most gateways want it
		name: "session", port: 8800, edition: ecma323.Edition4,
		opening: plainSession, granted: sessionGranted, closing: stopSession,
		probe: resetTimer, interval: interval, answered: true,
	},
	{ // OpenScape Voice
		name: "register", port: 1040, edition: ecma323.Edition4, greeted: true,
		opening: register, granted: registered,
		probe: systemStatus, interval: interval, answered: true,
	},
	{ // an implicit association, as uaCSTA has it
		name: "status", edition: ecma323.Edition4,
		opening: requestStatus, granted: statusGranted,
		probe: requestStatus, interval: interval, answered: true,
	},
	{ // MiVoice Office 400
		name: "none", edition: ecma323.Edition5,
		probe: systemStatus, interval: interval, answered: true,
	},
	{ // Zultys MX
		name: "zultys", port: 7777, tlsPort: 7778, edition: ecma323.Edition3,
		opening: login, granted: loggedIn,
		probe: keepAlive, interval: 45 * time.Second,
	},
	{ // Avaya AES, DMCC
		name: "avaya", port: 4721, tlsPort: 4722, edition: ecma323.EditionAvaya(""),
		opening: avayaSession, granted: sessionGranted, closing: stopSession,
		probe: resetTimer, interval: interval, answered: true,
		resolves: true, lasting: true,
		events: []string{
			"conferenced", "connectionCleared", "delivered", "diverted", "established", "failed", "held",
			"networkReached", "originated", "queued", "retrieved", "serviceInitiated", "transferred",
		},
		agentEvents: []string{"agentLoggedOff", "agentLoggedOn", "agentNotReady", "agentReady"},
	},
}

// Dialects are the names for pbx.CSTA.Dialect, the default first: session
// (ECMA-354), register (SystemStatus and SystemRegister), status
// (RequestSystemStatus), none, zultys, avaya.
func Dialects() []string {
	names := make([]string, len(dialects))
	for i := range dialects {
		names[i] = dialects[i].name
	}
	return names
}

// DefaultPort is where a PBX of a dialect listens as a rule; 0 where none is
// known, and for a dialect that does not exist.
func DefaultPort(name string, secure bool) uint16 {
	d := dialectOf(name)
	switch {
	case d == nil:
		return 0
	case secure && d.tlsPort != 0:
		return d.tlsPort
	}
	return d.port
}

// dialectOf finds a dialect; empty is the default, nil is none.
func dialectOf(name string) *dialect {
	if name == "" {
		return &dialects[0]
	}
	for i := range dialects {
		if strings.EqualFold(dialects[i].name, name) {
			return &dialects[i]
		}
	}
	return nil
}
