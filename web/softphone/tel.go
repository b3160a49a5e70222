package softphone

import (
	"errors"
	"net/url"
	"strings"
)

// ErrNoNumber says that a tel: link holds nothing that can be called.
var ErrNoNumber = errors.New("softphone: no telephone number")

// maxNumber is the most digits and signs a number may have; E.164 allows 15,
// service codes and outside-line prefixes add some.
const maxNumber = 40

// Tel is what a tel: link asks to call.
type Tel struct {
	// Number is as the link gives it, without visual separators (RFC 3966 §5.1.1);
	// a local number is completed by a phone-context that begins with a plus (§5.1.5).
	Number string
	// Extension is the ext parameter (§5.2), digits only.
	Extension string
}

// ParseTel reads a tel: URI (RFC 3966). It takes what pages hold in practice
// too: no scheme, tel://, blanks, percent-encoding. Everything else gives ErrNoNumber.
func ParseTel(uri string) (Tel, error) {
	text := strings.TrimSpace(uri)
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	scheme, rest, ok := strings.Cut(text, ":")
	if ok {
		if !strings.EqualFold(strings.TrimSpace(scheme), "tel") {
			return Tel{}, ErrNoNumber
		}
		text = strings.TrimPrefix(rest, "//")
	}
	number, params, _ := strings.Cut(text, ";")
	number, ok = digits(number)
	if !ok {
		return Tel{}, ErrNoNumber
	}
	return withParams(Tel{Number: number}, params), nil
}

func withParams(tel Tel, params string) Tel {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		value, ok := digits(value)
		if !ok {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "ext":
			tel.Extension = strings.TrimPrefix(value, "+")
		case "phone-context":
			if strings.HasPrefix(value, "+") && !strings.HasPrefix(tel.Number, "+") {
				tel.Number = value + tel.Number
			}
		}
	}
	return tel
}

// digits drops visual separators. It fails on anything that is no part of a
// number, and on a number without any digit.
func digits(text string) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune("-.() /\u00a0\u202f\u2011", r):
		default:
			return "", false
		}
	}
	number := b.String()
	return number, len(number) <= maxNumber && strings.ContainsAny(number, "0123456789")
}
