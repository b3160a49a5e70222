package bridge

// RequestError is an error an agent reads: a code for the panel's translations, a
// message in plain words and what to do about it.
type RequestError struct {
	Code, Message, Cure string
}

func (e RequestError) Error() string { return e.Message }

// Problem gives the parts to a panel that translates them.
func (e RequestError) Problem() (code, message, cure string) { return e.Code, e.Message, e.Cure }

// What a note or a choice on a call can come too late, or in vain, for. The Task
// is not what the agent looks at: the cure is the record.
var (
	ErrCallGone = RequestError{
		"callGone", "This call is no longer among your recent calls.",
		"Copy the text and write it on the record in Salesforce.",
	}
	ErrNotLogged = RequestError{
		"notLogged", "This call is not written to Salesforce, so the note is not either.",
		"Copy the text and write it on the record in Salesforce.",
	}
)

// What can be wrong with a request of an agent.
var (
	errNoDevice = RequestError{
		"noDevice", "No telephone is assigned to you.",
		"Ask an administrator to add your extension.",
	}
	errChooseDevice = RequestError{
		"chooseDevice", "No telephone is chosen for you.",
		"Choose the telephone on your desk.",
	}
	errNotYourDevice = RequestError{
		"notYourDevice", "You may not choose this telephone.",
		"Choose another one, or ask an administrator.",
	}
	errDeviceTaken = RequestError{
		"deviceTaken", "A colleague has chosen your telephone.",
		"Choose the telephone on your desk.",
	}
	errShiftOver = RequestError{
		"shiftOver", "The telephone that you chose is no longer yours.",
		"Choose the telephone on your desk again.",
	}
	errExcluded = RequestError{
		"excludedNumber", "This number is confidential and is not dialled from here.",
		"Dial it on your telephone.",
	}
	errCannotDial = RequestError{
		"cannotDial", "Your telephone system cannot dial from here.",
		"Dial on your telephone.",
	}
	errInvalidNumber = RequestError{
		"invalidNumber", "This number cannot be dialled from here.",
		"Check the number. Dial emergency and service numbers on your telephone.",
	}
	errEmergency = RequestError{
		"emergencyNumber", "Emergency numbers are not dialled from here.",
		"Dial the emergency number on your telephone.",
	}
	errServiceNumber = RequestError{
		"serviceNumber", "Short service numbers are not dialled from here.",
		"Dial the number on your telephone.",
	}
	errPremium = RequestError{
		"premiumNumber", "Premium-rate numbers are not dialled from here.",
		"Dial the number on your telephone if you must.",
	}
	errSharedCost = RequestError{
		"sharedCostNumber", "Your group may not dial numbers that cost more than a usual call.",
		"Ask your administrator.",
	}
	errOnlyInternal = RequestError{
		"onlyInternal", "Your group may dial extensions only.",
		"Ask your administrator.",
	}
	errOnlyNational = RequestError{
		"onlyNational", "Your group may dial within the country only.",
		"Ask your administrator.",
	}
	errBlocked = RequestError{
		"blockedNumber", "Your group may not dial this number.",
		"Ask your administrator.",
	}
	errTooOften = RequestError{
		"tooOften", "You have placed many calls in a short time.",
		"Wait a moment, then dial again.",
	}
	errDialing = RequestError{
		"dialing", "Another call is being dialled.",
		"Wait for it or hang up, then dial again.",
	}
	errDialled = RequestError{
		"dialled", "Your telephone has a call that was dialled from here.",
		"Dial the second number on your telephone, or hang up first.",
	}
	errLinkDown = RequestError{
		"linkDown", "There is no connection to the telephone system.",
		"Dial on your telephone, and tell an administrator if this lasts.",
	}
	errNotPossible = RequestError{
		"notPossible", "The telephone system cannot do this now.",
		"Use your telephone.",
	}
	errNotDone = RequestError{
		"failed", "The telephone system did not do this.",
		"Try again, or use your telephone.",
	}
	errEnded = RequestError{"noCall", "This call has ended.", "Close it."}
)
