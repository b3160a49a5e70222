package lookup

// ParseField reads a record's field as a person typed it. It returns every
// number the field holds, nil if none.
func ParseField(text, country string) []Number { return nil }

// Display is the number for people.
func (n Number) Display(country string) string { return string(n) }
