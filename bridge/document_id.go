package bridge

import "strings"

// Prefixes of the ids that administrators write.
const (
	orgPrefix  = "00D"
	userPrefix = "005"
)

// SalesforceID is the 18-character form of a Salesforce id that was written
// with 15 or 18 characters. It reports false for anything else, and for 18
// characters whose suffix does not fit: then one of them is mistyped.
func SalesforceID(id string) (string, bool) {
	if len(id) != 15 && len(id) != 18 {
		return "", false
	}
	for i := range len(id) {
		if !isAlnum(id[i]) {
			return "", false
		}
	}
	full := id[:15] + idSuffix(id[:15])
	if len(id) == 18 && !strings.EqualFold(id[15:], full[15:]) {
		return "", false
	}
	return full, true
}

// idSuffix tells which of the 15 case-sensitive characters are capitals: one
// character for each five, the first of them in the lowest bit.
func idSuffix(id string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	var suffix [3]byte
	for i := range suffix {
		bits := 0
		for j := range 5 {
			if c := id[i*5+j]; c >= 'A' && c <= 'Z' {
				bits |= 1 << j
			}
		}
		suffix[i] = alphabet[bits]
	}
	return string(suffix[:])
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
