package bridge

// Problem is an error an agent reads: a code for the panel's translations, a
// message in plain words and what to do about it.
type Problem struct {
	Code, Message, Cure string
}

func (p Problem) Error() string { return p.Message }

// Problem gives the parts to a panel that translates them.
func (p Problem) Problem() (code, message, cure string) { return p.Code, p.Message, p.Cure }

// What can be wrong with a request of an agent.
var (
	problemNoDevice = Problem{
		"noDevice", "No telephone is assigned to you.",
		"Ask an administrator to add your extension.",
	}
	problemCannotDial = Problem{
		"cannotDial", "Your telephone system cannot dial from here.",
		"Dial on your telephone.",
	}
	problemInvalidNumber = Problem{
		"invalidNumber", "This number cannot be dialled from here.",
		"Check the number. Dial emergency and service numbers on your telephone.",
	}
	problemDialing = Problem{
		"dialing", "Another call is being dialled.",
		"Wait for it or hang up, then dial again.",
	}
	problemLinkDown = Problem{
		"linkDown", "There is no connection to the telephone system.",
		"Dial on your telephone, and tell an administrator if this lasts.",
	}
	problemNotPossible = Problem{
		"notPossible", "The telephone system cannot do this now.",
		"Use your telephone.",
	}
	problemEnded = Problem{"noCall", "This call has ended.", "Close it."}
)
