package lookup

import "slices"

// AddField reads a phone field of r into Numbers, and what its writing shows
// of a switchboard into Stems. private says that the field is for home or
// mobile numbers: those show nothing about the company and stand in Private
// too. Country must be set before, and so must Account and Company. Where two
// numbers may be meant (Line.Or), the less likely one is taken in as well:
// whoever calls from it is hardly anybody else.
func (r *Record) AddField(text string, private bool) {
	for _, line := range ParseLines(text, r.Country) {
		if !slices.Contains(r.Numbers, line.Number) {
			r.Numbers = append(r.Numbers, line.Number)
			if private {
				r.Private = append(r.Private, line.Number)
			}
		}
		if line.Or != "" && !slices.Contains(r.Numbers, line.Or) {
			r.Numbers, r.Private = append(r.Numbers, line.Or), append(r.Private, line.Or)
		}
		if private || line.Stem == "" || !line.Sure && !r.OfCompany() {
			continue
		}
		if !slices.Contains(r.Stems, line.Stem) {
			r.Stems = append(r.Stems, line.Stem)
		}
	}
}

// OfCompany reports whether r is a company or someone who works for one.
func (r *Record) OfCompany() bool { return r.Account != "" || r.Company != "" }
