package accuracy

// The world of Cases: what is hard, country by country, written by hand.

// CaseRows are the records of Cases.
func CaseRows() []Row {
	return []Row{
		// A company by its switchboard, people with direct dials, private lines.
		{ID: "A1", Object: "Account", Account: "A1", Name: "Beispiel GmbH", Company: "Beispiel GmbH", Country: "Deutschland", Phone: "030/23125-0"},
		{ID: "C1", Object: "Contact", Account: "A1", Name: "Berta Beispiel", Company: "Beispiel GmbH", Country: "DE", Phone: "+49 (0)30 23125-101", Mobile: "0172/992 59 04", Home: "0221 4710-201"},
		{ID: "C2", Object: "Contact", Account: "A1", Name: "Anna Beispiel", Company: "Beispiel GmbH", Country: "Germany", Phone: "030 23125 DW 102 (Sekretariat)", Assistant: "030 23125-103"},
		// Its numbers show the switchboard only together.
		{ID: "A2", Object: "Account", Account: "A2", Name: "Muster AG", Company: "Muster AG", Phone: "+49 69 900090"},
		{ID: "C3", Object: "Contact", Account: "A2", Name: "Max Muster", Company: "Muster AG", Phone: "069 90009123"},
		// One line, no switchboard.
		{ID: "A3", Object: "Account", Account: "A3", Name: "Einzel GmbH", Company: "Einzel GmbH", Phone: "0221 4710301"},
		// People without a company.
		{ID: "P1", Object: "PersonAccount", Name: "Paula Privat", Phone: "O221 4710 4O1"},
		{ID: "P2", Object: "Contact", Name: "Peter Privat", Phone: "0221 4710-501", Mobile: "4915155501234.0"},
		{ID: "P3", Object: "Contact", Name: "Petra Privat", Phone: "Tel. 0221 4710 601 / Mobil 0172 9968532"},
		{ID: "P4", Object: "Contact", Name: "Junk", Phone: "03.04.1985", Mobile: "4.93023E+12", Home: "k.A.", Other: "0000000"},
		// A lead who is a contact already.
		{ID: "C4", Object: "Contact", Name: "Carla Doppelt", Phone: "069/90009-222"},
		{ID: "L4", Object: "Lead", Name: "Carla Doppelt", Phone: "+496990009222"},
		{ID: "L5", Object: "Lead", Name: "Lara Lead", Company: "Neu GmbH", Phone: "0221/4710-77 0"},
		// Neighbours.
		{ID: "AT1", Object: "Account", Account: "AT1", Name: "Wiener GmbH", Company: "Wiener GmbH", Country: "Österreich", Phone: "01 5123456"},
		{ID: "AT2", Object: "Contact", Name: "Franz", Country: "AT", Phone: "0512/234567", Mobile: "+43 664 1234567"},
		{ID: "CH1", Object: "Account", Account: "CH1", Name: "Zürcher AG", Company: "Zürcher AG", Country: "Schweiz", Phone: "044 668 18 00"},
		{ID: "CH2", Object: "Contact", Account: "CH1", Name: "Urs", Company: "Zürcher AG", Country: "CH", Phone: "+41 (0)44 668 18 17", Mobile: "078 123 45 67"},
		{ID: "FR1", Object: "Contact", Name: "Fleur", Country: "France", Phone: "01.99.00.12.34", Mobile: "+33 (0)6 39 98 12 34"},
		{ID: "NL1", Object: "Contact", Name: "Nele", Country: "Niederlande", Phone: "020-123 4567", Mobile: "06 12345678"},
		{ID: "GB1", Object: "Contact", Name: "Jane", Country: "UK", Phone: "(01632) 960 123 ext. 4", Mobile: "07700 900123"},
		{ID: "IT1", Object: "Contact", Name: "Ida", Country: "Italien", Phone: "06 1234 5678", Mobile: "+39 333 123 4567"},
		{ID: "ES1", Object: "Contact", Name: "Eva", Country: "Spain", Phone: "912 345 678", Mobile: "34612345678"},
		{ID: "PL1", Object: "Contact", Name: "Pola", Country: "Polska", Phone: "22 123 04 05", Mobile: "+48 512-345-678"},
		{ID: "US1", Object: "Contact", Name: "Uma", Country: "United States", Phone: "(212) 555-0100 x204", Mobile: "1-917-555-0145"},
	}
}

// Cases are calls to the records of CaseRows.
func Cases() []Call {
	var calls []Call
	add := func(trunk, category string, exact, company []string, sent ...string) {
		for _, s := range sent {
			calls = append(calls, Call{Trunk: trunk, Sent: s, Category: category, Exact: exact, Company: company})
		}
	}
	one := func(id string) []string { return []string{id} }
	const berlin, zero, e164 = "Berlin", "Berlin, outside line", "Berlin, international"
	add(berlin, "DE", one("C1"), nil, "+493023125101", "03023125101", "00493023125101", "493023125101", "23125101", "sip:+493023125101@pbx.example.com", "01729925904", "+49172 9925904", "02214710201")
	add(zero, "DE", one("C1"), nil, "003023125101", "000493023125101", "+493023125101", "03023125101", "0+493023125101", "001729925904")
	add(e164, "DE", one("C1"), nil, "493023125101", "+493023125101", "491729925904", "0493023125101")
	add("Hannover, outside line 9", "DE", one("C1"), nil, "903023125101", "9004930 23125101", "901729925904")
	add(berlin, "DE, direct dials", one("C2"), nil, "03023125102", "+493023125103")
	add(berlin, "DE, company", nil, one("A1"), "+493023125177", "0302312577", "030231251", "+493023125", "23125177", "030231259999")
	add(zero, "DE, company", nil, one("A1"), "003023125177", "00493023125177", "000493023125177")
	add(berlin, "DE, company shown together", nil, one("A2"), "06990009145", "+496990009777")
	add(berlin, "DE, the switchboard", one("A1"), nil, "+4930231250")
	add(berlin, "DE, nobody", nil, nil, "02214710302", "02214710399", "0221471030", "+4917299259", "+491729925905", "03123125101", "+492214710202", "+492214710402", "02214710502")
	add(berlin, "DE, people", one("P1"), nil, "02214710401", "+492214710401")
	add(berlin, "DE, people", one("P2"), nil, "02214710501", "+4915155501234")
	add(berlin, "DE, people", one("P3"), nil, "02214710601", "01729968532")
	add(berlin, "DE, contact and lead", one("C4"), nil, "+496990009222")
	add(berlin, "DE, lead's company", nil, one("L5"), "+4922147107712")
	add(berlin, "AT", one("AT1"), nil, "+4315123456", "004315123456")
	add("Vienna", "AT", one("AT1"), nil, "015123456", "+4315123456", "5123456")
	add("Vienna", "AT", one("AT2"), nil, "0512234567", "06641234567")
	add("Vienna", "AT, company", nil, one("AT1"), "01512345612", "+431512345699")
	add(berlin, "CH", one("CH1"), nil, "+41446681800", "0041446681800")
	add(zero, "CH", one("CH1"), nil, "00041446681800", "0041446681800")
	add("Zurich, outside line", "CH", one("CH2"), nil, "00446681817", "00781234567", "+41781234567")
	add("Zurich, outside line", "CH, company", nil, one("CH1"), "00446681855", "+41446681855")
	add("Zurich, outside line", "CH, nobody", nil, nil, "00446681955", "+41781234568")
	add("Paris", "FR", one("FR1"), nil, "0199001234", "+33199001234", "0639981234", "0033639981234")
	add(berlin, "FR", one("FR1"), nil, "0033199001234", "+33639981234")
	add(berlin, "NL", one("NL1"), nil, "+31201234567", "0031612345678")
	add(e164, "NL", one("NL1"), nil, "31201234567", "31612345678")
	add(berlin, "GB", one("GB1"), nil, "+441632960123", "00441632960123", "+447700900123")
	add("Milan", "IT", one("IT1"), nil, "0612345678", "3331234567", "+390612345678")
	add(berlin, "IT", one("IT1"), nil, "+390612345678", "00393331234567")
	add(berlin, "ES", one("ES1"), nil, "+34912345678", "0034612345678")
	add(berlin, "PL", one("PL1"), nil, "+48221230405", "0048512345678")
	add("New York, outside line 9", "US", one("US1"), nil, "912125550100", "92125550100", "2125550100", "5550100", "919175550145")
	add(berlin, "US", one("US1"), nil, "+12125550100", "0012125550100")
	add(berlin, "no number", nil, nil, "", "anonymous", "Unknown", "restricted", "110", "112", "116117", "101", "12345", "null", "+", "0000000", "\"Anonymous\" <sip:+493023125101@pbx.example.com>")
	return calls
}
