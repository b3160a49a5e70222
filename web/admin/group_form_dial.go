package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// maxBlockedText is how long the list of blocked beginnings may be, in bytes.
const maxBlockedText = 2000

func (f *groupForm) showDialling(s *bridge.Settings) {
	f.DialClass, f.DialSharedCost = deref(s.DialClass), yesNo(s.DialSharedCost)
	f.DialBlocked = strings.Join(s.DialBlocked, ", ")
	f.DialsPerMinute, f.DialsPerTenSeconds = digitsOf(s.DialsPerMinute), digitsOf(s.DialsPerTenSeconds)
}

func (f *groupForm) readDialling(v url.Values) {
	f.DialClass, f.DialSharedCost = v.Get("dialClass"), v.Get("dialSharedCost")
	f.DialBlocked = strings.TrimSpace(v.Get("dialBlocked"))
	f.DialsPerMinute, f.DialsPerTenSeconds = strings.TrimSpace(v.Get("dialsPerMinute")), strings.TrimSpace(v.Get("dialsPerTenSeconds"))
}

func (f *groupForm) validateDialling(say func(string, ...any) string) {
	if f.DialClass != "" && !slices.Contains([]string{bridge.DialInternal, bridge.DialNational, bridge.DialInternational}, f.DialClass) {
		f.Problems["dialClass"] = say("group.choice.bad")
	}
	if f.DialSharedCost != "" && f.DialSharedCost != "yes" && f.DialSharedCost != "no" {
		f.Problems["dialSharedCost"] = say("group.choice.bad")
	}
	if _, bad := f.blocked(); bad != "" || len(f.DialBlocked) > maxBlockedText {
		f.Problems["dialBlocked"] = say("group.dialBlocked.bad")
	}
	for field, value := range map[string]string{"dialsPerMinute": f.DialsPerMinute, "dialsPerTenSeconds": f.DialsPerTenSeconds} {
		if n, err := strconv.Atoi(value); value != "" && (err != nil || n < 1 || n > bridge.MaxDials) {
			f.Problems[field] = say("group.dials.bad", bridge.MaxDials)
		}
	}
}

// blocked are the beginnings as typed, apart by commas or semicolons, and the
// first that is none.
func (f *groupForm) blocked() (prefixes []string, bad string) {
	for _, text := range strings.FieldsFunc(f.DialBlocked, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		prefix, ok := bridge.DialPrefix(text)
		if !ok {
			return nil, text
		}
		if !slices.Contains(prefixes, prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes, ""
}

func (f *groupForm) setDialling(s *bridge.Settings) {
	s.DialClass, s.DialSharedCost = ref(f.DialClass), flag(f.DialSharedCost)
	s.DialBlocked, _ = f.blocked()
	s.DialsPerMinute, s.DialsPerTenSeconds = number(f.DialsPerMinute), number(f.DialsPerTenSeconds)
}

func digitsOf(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func number(digits string) *int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return nil
	}
	return &n
}
