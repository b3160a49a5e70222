package config

import "log/slog"

// Secret is a string that does not show itself: printed with any verb, logged
// or marshalled it is "…", or nothing where it is empty. Reveal gives it away.
type Secret string

const hidden = "…"

// Reveal is the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String is "…" for every secret, and empty for none.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v, too.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON, YAML and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
