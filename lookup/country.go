package lookup

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// Country finds the ISO 3166 alpha-2 code of a country given by its English or
// German name, its alpha-2 or alpha-3 code, or one of the short names people
// write into addresses ("USA", "UK", "Holland", "D"). Case, accents and
// punctuation do not matter.
func Country(nameOrCode string) (alpha2 string, ok bool) {
	if len(nameOrCode) > 80 {
		return "", false
	}
	if isAlpha2(nameOrCode) && plans().regions[nameOrCode] != nil {
		return nameOrCode, true
	}
	alpha2, ok = countries()[fold(nameOrCode)]
	return alpha2, ok
}

func isAlpha2(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// countries maps folded names and codes, built at first use.
var countries = sync.OnceValue(func() map[string]string { //nolint:gochecknoglobals // read-only table
	names := map[string]string{}
	english, german := display.English.Regions(), display.German.Regions()
	for code := range plans().regions {
		r, err := language.ParseRegion(code)
		if err != nil {
			continue
		}
		for _, name := range []string{code, r.ISO3(), english.Name(r), german.Name(r)} {
			if f := fold(name); f != "" && names[f] == "" {
				names[f] = code
			}
		}
	}
	for code, list := range aliases() {
		for name := range strings.SplitSeq(list, ",") {
			names[fold(name)] = code
		}
	}
	return names
})

// aliases are names the tables lack, and the signs of cars that stand before
// postal codes in German addresses.
func aliases() map[string]string {
	return map[string]string{
		"DE": "D,BRD,Bundesrepublik Deutschland,Federal Republic of Germany,Deutschl.,Allemagne,Germania,Alemania",
		"AT": "A,Oesterreich,Republik Österreich,Autriche",
		"CH": "Schweizerische Eidgenossenschaft,Suisse,Svizzera,Swiss,Switzerland (CH)",
		"LI": "FL",
		"FR": "F,Republique francaise,Francia",
		"GB": "UK,U.K.,Great Britain,Britain,England,Scotland,Wales,Northern Ireland,Großbritannien,Grossbritannien,Vereinigtes Königreich,Schottland,Nordirland,GBR",
		"US": "USA,U.S.A.,U.S.,America,Amerika,United States of America,Vereinigte Staaten von Amerika,Vereinigte Staaten",
		"NL": "Holland,The Netherlands,Nederland,Netherlands",
		"IT": "I,Italia", "ES": "E,España", "BE": "B,Belgique", "LU": "L", "PL": "Polska",
		"CZ": "Czech Republic,Tschechische Republik,Czechia,Tschechien", "SK": "Slovak Republic,Slowakische Republik",
		"TR": "Turkey,Türkei,Türkiye", "RU": "Russia,Russland,Russian Federation,Russische Föderation",
		"KR": "South Korea,Südkorea,Korea", "KP": "North Korea,Nordkorea", "IE": "Republic of Ireland,Eire",
		"MK": "Macedonia,Mazedonien", "MD": "Moldova,Moldau", "CI": "Ivory Coast,Elfenbeinküste", "CV": "Cape Verde,Kap Verde",
		"HK": "Hong Kong,Hongkong", "MO": "Macau,Macao", "TW": "Taiwan", "VN": "Viet Nam,Vietnam", "IR": "Iran", "SY": "Syria",
		"CD": "DR Congo,Democratic Republic of the Congo", "CG": "Congo", "VA": "Vatican,Vatikan,Vatikanstadt",
		"AE": "UAE,VAE,United Arab Emirates,Emirates", "BA": "Bosnia,Bosnien", "BY": "Weissrussland,Weißrussland,Belarus",
		"MM": "Burma,Birma", "SZ": "Swaziland,Swasiland", "DK": "Danmark", "SE": "Sverige", "NO": "Norge", "FI": "Suomi",
	}
}

// fold lowers s and keeps letters only, without their accents; ß becomes ss.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(s, "ß", "ss")) {
		if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
