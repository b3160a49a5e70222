package lookup

import (
	"path/filepath"
	"strconv"
	"testing"
)

// What SQLite packs is what was written, whatever the texts hold.
func TestPackedByTheDatabase(t *testing.T) {
	t.Parallel()
	db := openDB(t, filepath.Join(t.TempDir(), "directory.db"))
	text := "SELECT " + packedRecord("$1", "$2", "$3") +
		" FROM (SELECT $4 AS key, $5 AS org, $6 AS activity, $7 AS id, $8 AS object, $9 AS account, $10 AS owner, $11 AS name, $12 AS company) AS r"
	for _, want := range []row{
		{part: partStem, number: 493023125101, site: -1 << 63, candidate: candidate{
			key: 1<<63 - 1, org: 7, active: -3, account: "001A", owner: "005A",
			Match: Match{ID: "003A", Object: "Contact", Name: "Beispiel, Berta", Company: "Beispiel, Söhne & Co"},
		}},
		{candidate: candidate{key: 1, org: 1}},
		{candidate: candidate{key: 1, org: 1, owner: ",", account: ",,", Match: Match{ID: "1,2", Name: "\x00,\xff\n", Company: ","}}},
		{candidate: candidate{key: 1, org: 1, Match: Match{Name: "12,3"}}},
	} {
		var packed string
		err := db.QueryRowContext(t.Context(), text, want.part, want.number, want.site, want.key, want.org, int64(want.active),
			want.ID, want.Object, want.account, want.owner, want.Name, want.Company).Scan(&packed)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unpack(packed); got != want || err != nil {
			t.Errorf("%q is read as %+v, %v", packed, got, err)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	for _, packed := range []string{
		"", ",", "-", "x", "1,", "1,2", "1,2,", "1,2,3,", "1,2,3,4,", "1,2,3,4,5,6,1,0,0,0,0", "1,2,3,4,5,6,0,0,0,0,9,,,,,,",
		"1,2,3,4,5,6,-1,0,0,0,0,,,,,,", "1 2", "1,2,3,4,5,6,2,0,0,0,0,abc,,,,,",
	} {
		if _, err := unpack(packed); err == nil {
			t.Errorf("%q is read", packed)
		}
	}
}

// FuzzUnpack: whatever the texts, what is packed as SQLite does it comes back.
func FuzzUnpack(f *testing.F) {
	f.Add(int64(1), int64(-2), "003A", "Contact", "001A", "005A", "Beispiel, Berta", "Beispiel GmbH", "1,2,3,4")
	f.Fuzz(func(t *testing.T, number, site int64, id, object, account, owner, name, company, wild string) {
		_, _ = unpack(wild) // no panic
		want := row{part: partExact, number: number, site: site, candidate: candidate{
			key: 3, org: 4, active: 5, account: account, owner: owner, Match: Match{ID: id, Object: object, Name: name, Company: company},
		}}
		packed := "0," + strconv.FormatInt(number, 10) + "," + strconv.FormatInt(site, 10) + ",3,4,5"
		for _, text := range []string{id, object, account, owner, name} {
			packed += "," + strconv.Itoa(len(text))
		}
		packed += "," + id + "," + object + "," + account + "," + owner + "," + name + "," + company
		if got, err := unpack(packed); got != want || err != nil {
			t.Errorf("%q is read as %+v, %v", packed, got, err)
		}
	})
}
