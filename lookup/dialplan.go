package lookup

// Parse reads what a PBX sends.
func (p DialPlan) Parse(raw string) (Number, Kind) { return "", KindInvalid }

// ParseTyped reads what an agent typed or clicked to dial.
func (p DialPlan) ParseTyped(text string) (Number, Kind) { return "", KindInvalid }

// Dial says what to dial for n on this PBX.
func (p DialPlan) Dial(n Number) (string, error) { return "", nil }
