package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ctibridge/ctibridge/bridge"
)

// storeProblems are what the store finds wrong beyond what the form checked, by
// field; "other" collects what belongs to none of the fields. It is nil if err
// is another kind of error.
func storeProblems(err error, fields ...string) map[string]string {
	var faults bridge.FieldErrors
	if !errors.As(err, &faults) {
		return nil
	}
	problems := make(map[string]string)
	for _, f := range faults {
		path := strings.TrimPrefix(f.Path, "settings.")
		field := path[:len(path)-len(strings.TrimLeftFunc(path, unicode.IsLetter))]
		if !slices.Contains(fields, field) {
			field, f.Text = "other", strings.TrimSpace(f.Path+" "+f.Text)
		}
		problems[field] = strings.TrimSpace(problems[field] + " " + f.Text)
	}
	return problems
}

// fingerprint is the version of what a form was made from: if it is another
// one when the form comes back, somebody changed it meanwhile.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // plain structs: cannot be
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// splitRowAction reads "remove-device-2" as "remove-device" and 2; without a
// number the index is -1.
func splitRowAction(do string) (what string, index int) {
	if i := strings.LastIndexByte(do, '-'); i >= 0 {
		if n, err := strconv.Atoi(do[i+1:]); err == nil {
			return do[:i], n
		}
	}
	return do, -1
}

func removeRow[T any](rows []T, i int) []T {
	if i < 0 || i >= len(rows) {
		return rows
	}
	return slices.Delete(rows, i, i+1)
}

func raiseRow[T any](rows []T, i int) {
	if i > 0 && i < len(rows) {
		rows[i-1], rows[i] = rows[i], rows[i-1]
	}
}

// firstProblem is the first of the fields, as the form orders them, that has one.
func firstProblem(problems map[string]string, fields ...string) string {
	for _, f := range fields {
		if problems[f] != "" {
			return f
		}
	}
	return ""
}
