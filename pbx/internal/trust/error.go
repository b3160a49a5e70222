package trust

// PlainError is an error in plain words: what a person has to know about it.
type PlainError struct {
	// Problem says what is wrong, to follow a colon: no capital, no full stop.
	Problem string
	// Cure says what to do: whole sentences.
	Cure string
	// Err is the cause.
	Err error
}

// Error is the problem.
func (f *PlainError) Error() string { return f.Problem }

// Unwrap is the cause.
func (f *PlainError) Unwrap() error { return f.Err }
