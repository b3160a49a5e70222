package salesforce

import (
	"fmt"
	"strings"
)

// NormalizeID makes a 15-character record id 18 characters long and checks
// the last three of one that has 18, whose letter case it repairs: the suffix
// says which of the first 15 are capitals.
func NormalizeID(id string) (string, error) {
	switch {
	case len(id) != 15 && len(id) != 18, !alphanumeric(id):
		return "", fmt.Errorf("salesforce: %q is not a record id", id)
	case len(id) == 15:
		return id + idSuffix(id), nil
	}
	repaired, ok := repairCase(id[:15], strings.ToUpper(id[15:]))
	if !ok {
		return "", fmt.Errorf("salesforce: %q is not a record id", id)
	}
	return repaired + idSuffix(repaired), nil
}

func alphanumeric(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		default:
			return false
		}
	}
	return true
}

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// idSuffix tells in three characters which of the 15 are capitals: each stands
// for five of them, the first of the five in the lowest bit.
func idSuffix(id15 string) string {
	var suffix [3]byte
	for chunk := range suffix {
		bits := 0
		for i := range 5 {
			if c := id15[chunk*5+i]; 'A' <= c && c <= 'Z' {
				bits |= 1 << i
			}
		}
		suffix[chunk] = idAlphabet[bits]
	}
	return string(suffix[:])
}

// repairCase sets the letter case of id15 as suffix says; it fails where suffix
// calls a digit a capital.
func repairCase(id15, suffix string) (string, bool) {
	out := []byte(strings.ToLower(id15))
	for chunk := range 3 {
		bits := strings.IndexByte(idAlphabet, suffix[chunk])
		if bits < 0 {
			return "", false
		}
		for i := range 5 {
			at := chunk*5 + i
			if bits>>i&1 == 0 {
				continue
			}
			if out[at] < 'a' {
				return "", false
			}
			out[at] -= 'a' - 'A'
		}
	}
	return string(out), true
}
