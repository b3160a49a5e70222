package sip

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
)

// checkServices checks how calls are placed and answered.
func checkServices(cfg pbx.LinkConfig) error {
	switch cfg.DialBy {
	case "", dialByRefer, dialByReferOut, dialByThirdParty:
	default:
		return fmt.Errorf("sip: dialBy %q is not known; use refer, outOfDialogRefer or 3pcc, or leave it empty", cfg.DialBy)
	}
	if cfg.AnswerBy != "" && cfg.AnswerBy != answerByTalk {
		return fmt.Errorf("sip: answerBy %q is not known; use talk, or leave it empty", cfg.AnswerBy)
	}
	return nil
}

// maxDialString is how long what is dialled may be.
const maxDialString = 64

var (
	errNoNumber   = errors.New("the number is empty")
	errLongNumber = errors.New("the number is longer than 64 characters")
	errBadNumber  = errors.New("only digits, +, *, # and the letters of an extension's name can be dialled")
)

// dialString checks what is to be dialled, and leaves out what only parts a
// number for the eye (RFC 3966 §5.1.1 visual separators). It becomes the user
// part of a SIP URI: what would end that part, begin parameters or name another
// host is refused and not escaped, because nobody dials it in earnest.
func dialString(text string) (string, error) {
	text = strings.Trim(text, " ")
	switch {
	case text == "":
		return "", errNoNumber
	case len(text) > maxDialString:
		return "", errLongNumber
	case !strings.ContainsFunc(text, notInNumber):
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune(" -.()/", r) {
				return -1
			}
			return r
		}, text)
		if text == "" || strings.LastIndexByte(text, '+') > 0 {
			return "", errBadNumber
		}
		return text, nil
	case strings.ContainsFunc(text, notInName):
		return "", errBadNumber
	}
	return text, nil
}

func notInNumber(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune("+*# -.()/", r) }

// notInName: extensions may have names, such as anna.beispiel.
func notInName(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-._*#", r)
}
