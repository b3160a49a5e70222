package salesforce_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

func TestNormalizeID(t *testing.T) {
	for id, want := range map[string]string{
		"001D000000IqhSL":    "001D000000IqhSLIAZ",
		"001D000000IqhSLIAZ": "001D000000IqhSLIAZ",
		"001d000000iqhsliaz": "001D000000IqhSLIAZ",
		"003000000000001":    "003000000000001AAA",
		"00D7Q0000000001UAA": "00D7Q0000000001UAA",
		"001D000000IqhSLIA":  "",
		"001D000000IqhSL5Z9": "",
		"001D000000Iqh/L":    "",
		"":                   "",
		"00ä000000000000":    "",
	} {
		got, err := salesforce.NormalizeID(id)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q (%v), want %q", id, got, err, want)
		}
	}
}

func TestRecord(t *testing.T) {
	var r salesforce.Record
	err := json.Unmarshal([]byte(`{"attributes":{"type":"Contact"},"Id":"003000000000001AAA","Account":{"Name":"Beispiel GmbH"},"Owner":null,
		"IsDeleted":true,"SystemModstamp":"2026-11-02T10:11:12.000+0000","Phone":null,"Number":3}`), &r)
	if err != nil {
		t.Fatal(err)
	}
	if r.Object() != "Contact" || r.ID() != "003000000000001AAA" || r.String("Account.Name") != "Beispiel GmbH" || !r.Bool("IsDeleted") {
		t.Errorf("record is %+v", r)
	}
	for _, path := range []string{"Phone", "Owner.Name", "Number", "Nothing", "Account", "Id.Name", "", "."} {
		if got := r.String(path); got != "" {
			t.Errorf("%q is %q", path, got)
		}
	}
	want := time.Date(2026, 11, 2, 10, 11, 12, 0, time.UTC)
	if got := r.Time("SystemModstamp"); !got.Equal(want) {
		t.Errorf("stamp is %v, want %v", got, want)
	}
	if got := salesforce.FormatTime(want); got != "2026-11-02T10:11:12.000Z" {
		t.Errorf("literal is %s", got)
	}
}

func TestQuoteString(t *testing.T) {
	if got := salesforce.QuoteString("O'Brien \\ \"x\"\n"); got != `'O\'Brien \\ \"x\"\n'` {
		t.Errorf("literal is %s", got)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(`{"Id":"003000000000001AAA","Account":{"Name":"x"},"SystemModstamp":"2026-11-02T10:11:12.000+0000"}`)
	f.Add(`{"Account":{"Account":{"Account":null}}}`)
	f.Add(`null`)
	f.Add(`[1]`)
	f.Fuzz(func(t *testing.T, text string) {
		var r salesforce.Record
		if json.Unmarshal([]byte(text), &r) != nil {
			return
		}
		r.ID()
		r.Object()
		r.String("Account.Name")
		r.Bool("IsDeleted")
		if at := r.Time("SystemModstamp"); !at.IsZero() {
			back, err := salesforce.ParseTime(salesforce.FormatTime(at))
			if err == nil && !back.Equal(at.Truncate(time.Millisecond)) {
				t.Errorf("%v became %v", at, back)
			}
		}
	})
}

func FuzzNormalizeID(f *testing.F) {
	f.Add("001D000000IqhSL")
	f.Add("001d000000iqhsliaz")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := salesforce.NormalizeID(text)
		if err != nil {
			return
		}
		if again, err := salesforce.NormalizeID(id); err != nil || again != id {
			t.Errorf("%q became %q and then %q (%v)", text, id, again, err)
		}
		if lower, err := salesforce.NormalizeID(strings.ToLower(id)); err != nil || lower != id {
			t.Errorf("%q in lower case became %q (%v)", id, lower, err)
		}
	})
}
