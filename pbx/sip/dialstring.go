package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ctibridge/ctibridge/pbx"
)

// checkServices checks how calls are placed and answered.
func checkServices(cfg pbx.LinkConfig) error {
	switch cfg.DialBy {
	case "", dialByRefer, dialByReferOut, dialByThirdParty, byUACSTA:
	default:
		return fmt.Errorf("sip: dialBy %q is not known; use refer, outOfDialogRefer, 3pcc or uacsta, or leave it empty", cfg.DialBy)
	}
	if cfg.AnswerBy != "" && cfg.AnswerBy != answerByTalk && cfg.AnswerBy != byUACSTA {
		return fmt.Errorf("sip: answerBy %q is not known; use talk or uacsta, or leave it empty", cfg.AnswerBy)
	}
	for _, p := range cfg.UACSTA.Phones {
		if _, err := hostAddress(p.Address); err != nil {
			return fmt.Errorf("sip: uacsta.phones: %q must be the telephone's IP address, with :port or without", p.Address)
		}
	}
	if len(cfg.UACSTA.Phones) > 0 && cfg.Transport != "" && !strings.EqualFold(cfg.Transport, "udp") {
		return errors.New("sip: uacsta.phones are asked over UDP; set transport to udp, or let the PBX pass CSTA on")
	}
	return nil
}

// hostAddress reads an IP address with or without a port.
func hostAddress(text string) (netip.AddrPort, error) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at, nil
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return netip.AddrPortFrom(addr, 5060), err
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
