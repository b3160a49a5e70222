package lookup

// Country finds the ISO 3166 alpha-2 code of a country by name or code.
func Country(nameOrCode string) (alpha2 string, ok bool) { return "", false }
