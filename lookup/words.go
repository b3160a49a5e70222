package lookup

// wordKind is what a word in a phone field does to the digits beside it.
type wordKind uint8

const (
	wordOther     wordKind = iota // parts numbers; glued to digits it spoils them
	wordLabel                     // parts numbers, also when glued: "t030…"
	wordExtension                 // what follows is a direct dial
	wordForeign                   // what follows is no telephone number: "Kd.-Nr. 4711…"
)

// classify knows the words that German, English, French, Italian, Spanish,
// Dutch and Polish offices write into phone fields.
func classify(word string) wordKind {
	switch word {
	case "x", "ext", "extn", "extension", "dw", "durchwahl", "durchw", "app", "apparat", "nst",
		"nebenst", "nebenstelle", "kl", "klappe", "poste", "interno", "int", "intern", "toestel", "tst", "wew",
		"wewn", "anexo", "extensi_n", "extensie": //nolint:misspell // Dutch
		return wordExtension
	case "tel", "telefon", "telephone", "telef", "phone", "ph", "fon", "fone", "t", "m", "p", "f", "h", "w", "b",
		"d", "c", "o", "mob", "mobil", "mobile", "mobiltelefon", "handy", "cell", "cel", "natel", "fax", "telefax",
		"work", "home", "office", "privat", "private", "gesch", "gesch_ftlich", "dienst", "dienstlich",
		"zentrale", "sekretariat", "empfang", "direkt", "direct", "und", "oder", "or", "and", "et", "ou", "y", "nr",
		"no", "num", "rufnummer", "telnr", "gsm", "movil", "m_vil", "portable", "fixe", "call", "sip", "callto":
		return wordLabel
	case "kd", "kdnr", "kunde", "kunden", "kundennr", "kundennummer", "konto", "kto", "iban", "bic", "blz", "plz",
		"ust", "ustid", "hrb", "hra", "steuer", "steuernummer", "vat", "tax", "siret", "siren", "nif", "cif",
		"vertrag", "vertragsnr", "rechnung", "auftrag", "ticket", "order", "invoice", "account", "id", "geb",
		"geboren", "datum", "date", "seit", "since", "stand", "imei", "customer", "zip", "eur", "usd":
		return wordForeign
	}
	return wordOther
}

// keypad is the digit a letter stands for (ITU-T E.161), 0 for others.
func keypad(c byte) byte {
	const digits = "22233344455566677778889999"
	if c < 'a' || c > 'z' {
		return 0
	}
	return digits[c-'a']
}
