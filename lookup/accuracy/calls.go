package accuracy

import "slices"

// call makes one call over some trunk.
func (w *World) call() {
	switch k := w.r.IntN(100); {
	case k < 58:
		w.known()
	case k < 76:
		w.directDial()
	case k < 84:
		w.stranger()
	case k < 90:
		w.neighbour()
	case k < 94:
		w.lookalike()
	default:
		w.nobody()
	}
}

func (w *World) add(n number, category string, exact, company []string) {
	trunk := someTrunk(w.r)
	w.Calls = append(w.Calls, Call{
		Trunk: trunk, Sent: Trunks()[trunk].send(w.r, n), Category: category, Exact: exact, Company: company,
	})
}

// known: somebody whose number stands on a record.
func (w *World) known() {
	n := pick(w.r, w.seen)
	category := "known, " + n.country
	if n.mobile {
		category += ", mobile"
	}
	w.add(n, category, w.bears[n.e164()], nil)
}

// directDial: an unseen direct dial. Where no field shows the switchboard,
// nor several direct dials do, nobody may be told.
func (w *World) directDial() {
	f := pick(w.r, w.firms)
	if f.board == nil {
		return
	}
	n := *f.board
	for {
		n.dial = string(byte('1'+w.r.IntN(9))) + randomDigits(w.r, f.digits-1)
		if !slices.Contains(f.dials, n.dial) {
			break
		}
	}
	switch {
	case f.shown || f.several(n):
		category := "unseen direct dial, DE"
		if n.country != "DE" {
			category = "unseen direct dial, other countries"
		}
		w.add(n, category, nil, f.members)
	case len(f.dials) <= 1 && n.country != "AT":
		w.add(n, "direct dial of a board that nothing shows", nil, nil)
	}
}

// several: direct dials on records begin differently, so that they show
// together where the direct dial begins.
func (f *firm) several(n number) bool {
	begins := map[byte]bool{}
	for _, d := range f.dials {
		if d != "" {
			begins[d[0]] = true
		}
	}
	switch {
	case n.country == "AT" && slices.Contains(f.dials, "") && f.own:
		return true
	case f.digits >= 4 && len(f.dials) < 3, f.digits == 3 && len(f.board.national()) < 7 && len(f.dials) < 3:
		return false
	}
	return len(begins) >= 2
}

// stranger: a number of nobody.
func (w *World) stranger() {
	w.add(w.line(w.country(), w.r.IntN(2) == 0), "stranger", nil, nil)
}

// neighbour: a stranger whose number is like a private or mobile one, but for
// its last digits.
func (w *World) neighbour() {
	if len(w.secret) == 0 {
		return
	}
	n := pick(w.r, w.secret)
	last := 1 + w.r.IntN(2)
	n.base = n.base[:len(n.base)-last] + randomDigits(w.r, last)
	if !w.given.free(n.digits()) {
		return
	}
	w.add(n, "neighbour of a private or mobile number", nil, nil)
}

// lookalike: a stranger elsewhere with the local number of a customer.
func (w *World) lookalike() {
	n := pick(w.r, w.seen)
	for _, a := range nations()[n.country].areas {
		if twin := n; !n.mobile && a.code != n.area && len(n.base+n.dial) >= a.min && len(n.base+n.dial) <= a.max && a.first == "" {
			if twin.area = a.code; w.given.free(twin.digits()) {
				w.add(twin, "customer's local number in another area", nil, nil)
				return
			}
		}
	}
}

// nobody: no public number at all.
func (w *World) nobody() {
	trunk := someTrunk(w.r)
	w.Calls = append(w.Calls, Call{Trunk: trunk, Category: "withheld, internal, emergency, junk", Sent: pick(w.r, []string{
		"", " ", "anonymous", "Anonymous", "sip:anonymous@anonymous.invalid", "unknown", "Restricted", "private", "unavailable", "110", "112", "911",
		"0112", "+49112", "103", "29", "4711", "12345", "1", "*62", "103#", "asterisk", "s", "0", "00", "000", "0000000000", "sip:103@pbx.example.com",
		"<sip:29@192.0.2.1>", "116117", "11833", "115", "null", "undefined", "-1", "+", "+0", "++49", "99999999999999999999",
	})})
}
