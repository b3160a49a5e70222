package addressbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// read gives each record as one line, and the problems.
func read(t *testing.T, file string) (records, problems []string) {
	t.Helper()
	list, err := ReadCSV(strings.NewReader(file), "DE", func(p Problem) { problems = append(problems, p.String()) })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		records = append(records, fmt.Sprintf("%s %s %q %q %q %s %v private %v stems %v", r.Object, r.ID, r.Account, r.Name, r.Company, r.Country, r.Numbers, r.Private, r.Stems))
	}
	return records, problems
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	const berta = `Contact 003B "" "Berta Beispiel" "" DE [+493023125101] private [] stems []`
	for _, c := range []struct {
		name, file        string
		records, problems []string
	}{
		{"commas", "id,name,phone\n003B,Berta Beispiel,030 23125101\n", []string{berta}, nil},
		{"semicolons, mark, CR LF", "\ufeffid;name;phone\r\n003B;Berta Beispiel;030 23125101\r\n", []string{berta}, nil},
		{"CR alone", "id;name;phone\r003B;Berta Beispiel;030 23125101\r", []string{berta}, nil},
		{"no last line end", "id;name;phone\n003B;Berta Beispiel;030 23125101", []string{berta}, nil},
		{"Excel's line", "sep=;\nid;name;phone\n003B;Berta Beispiel;030 23125101\n", []string{berta}, nil},
		{"any order, any case, blanks", " Phone , NAME,\"Id\"\n030 23125101, Berta Beispiel ,003B\n", []string{berta}, nil},
		{"empty lines", "id,name,phone\n\n003B,Berta Beispiel,030 23125101\n   \n", []string{berta}, nil},
		{
			"quotes", "id,name,phone\n003B,\"Beispiel, \"\"Berta\"\"\",\"030 23125101\"\n",
			[]string{`Contact 003B "" "Beispiel, \"Berta\"" "" DE [+493023125101] private [] stems []`},
			nil,
		},
		{
			"a quote inside", "id,name,phone\n003B,Berta \"B\" Beispiel,030 23125101\n",
			[]string{`Contact 003B "" "Berta \"B\" Beispiel" "" DE [+493023125101] private [] stems []`},
			nil,
		},
		{
			"line ends in cells", "id,name,phone\n003B,Berta Beispiel,\"030 23125101\n0172 9925904\"\n",
			[]string{`Contact 003B "" "Berta Beispiel" "" DE [+493023125101 +491729925904] private [] stems []`},
			nil,
		},
		{"unknown column", "id,fax,name,phone\n003B,x,Berta Beispiel,030 23125101\n", []string{berta}, []string{`line 1, column 2 (fax): unknown column, ignored`}},
		{"column twice", "id,name,phone,phone\n003B,Berta Beispiel,030 23125101,x\n", []string{berta}, []string{`line 1, column 4 (phone): the column is there twice; the first one counts`}},
		{"good lines beside bad ones", strings.Join([]string{
			"id,name,phone", ",Nobody,030 23125101", "003B,Berta Beispiel,030 23125101", "003B,Again,030 23125102", "003C,Beispiel, Carla,030 23125103", "003D,Dora", "003E,Emma,none",
		}, "\n"), []string{berta, `Contact 003D "" "Dora" "" DE [] private [] stems []`, `Contact 003E "" "Emma" "" DE [] private [] stems []`}, []string{
			"line 2, column 1 (id): it is empty; the line is left out",
			"line 4, column 1 (id): line 3 has the same id; this line is left out",
			"line 5, column 4: the header has only 3 columns; put quotes round cells with a separator in them. The line is left out",
			"line 6, column 2: the line ends here, the header has 3 columns; the missing ones count as empty",
			"line 7, column 3 (phone): no telephone number was found in it",
		}},
		{
			"a quote never closed", "id,name,phone\n003X,\"Never closed,030 23125102\n003B,Berta Beispiel,030 23125101\n" + strings.Repeat("\n", 20),
			[]string{berta},
			[]string{"line 2: a quote is opened and never closed; the line is left out"},
		},
		{"country", "id,name,country,phone\n1,A,Schweiz,044 668 18 00\n2,B,AT,01 5123456\n3,C,Atlantis,030 23125101\n", []string{
			`Contact 1 "" "A" "" CH [+41446681800] private [] stems []`, `Contact 2 "" "B" "" AT [+4315123456] private [] stems []`,
			`Contact 3 "" "C" "" DE [+493023125101] private [] stems []`,
		}, []string{"line 4, column 3 (country): no country is called so; the default DE was taken"}},
		{"companies and people", strings.Join([]string{
			"id,object,account,name,company,phone,mobile,home,other,assistant",
			"001A,Account,,Beispiel GmbH,,030 23125-0,,,,", "003B,Contact,001A,Berta,,030 23125-29,0172 9925904,030 90009-11,,030 23125-30",
			"001P,Account,,Anna,,030 90009-12,,,,", "001Q,Person Account,,Paula,x,030 90009-13,,,,", "00QL,lead,,Carla,Muster AG,030 90009-14,,,,",
		}, "\n"), []string{
			`Account 001A "001A" "Beispiel GmbH" "" DE [+4930231250] private [] stems [+493023125]`,
			`Contact 003B "001A" "Berta" "" DE [+49302312529 +491729925904 +49309000911 +49302312530] private [+491729925904 +49309000911] stems [+493023125]`,
			`Account 001P "" "Anna" "" DE [+49309000912] private [] stems []`,
			`Account 001Q "" "Paula" "" DE [+49309000913] private [] stems []`,
			`Lead 00QL "" "Carla" "Muster AG" DE [+49309000914] private [] stems [+493090009]`,
		}, nil},
		{
			"Windows-1252", "id,name,phone\n003B,M\xfcller,030 23125101\n",
			[]string{`Contact 003B "" "Müller" "" DE [+493023125101] private [] stems []`},
			[]string{"line 2, column 2 (name): it is no UTF-8 and was read as Windows-1252; save the file as “CSV UTF-8”"},
		},
		{"header alone", "id,phone\n", nil, nil},
	} {
		records, problems := read(t, c.file)
		if !slices.Equal(records, c.records) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(records, "\n     "), strings.Join(c.records, "\n     "))
		}
		if !slices.Equal(problems, c.problems) {
			t.Errorf("%s: problems\n got %s\nwant %s", c.name, strings.Join(problems, "\n     "), strings.Join(c.problems, "\n     "))
		}
	}
}

func TestReadCSVHeader(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]error{
		"": ErrHeader, "name,phone\n": ErrHeader, "\"id,name\n": ErrHeader, "\xff\xfei\x00d\x00": ErrEncoding, "\ufeff": ErrHeader,
	} {
		if _, err := ReadCSV(strings.NewReader(file), "DE", func(Problem) {}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", file, err, want)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("id;phone\n1;030 23125101\n")
	f.Add("id,phone\n1,\"030\n\n\n")
	f.Add("sep=,\nid\n\"\"\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		seen := map[string]bool{}
		records, err := ReadCSV(strings.NewReader(file), "DE", func(p Problem) {
			if p.Line < 1 || p.Text == "" || strings.ContainsAny(p.String(), "\n") && !strings.ContainsAny(p.Name, "\n") {
				t.Errorf("problem %+v", p)
			}
		})
		if err != nil && records != nil {
			t.Errorf("both records and %v", err)
		}
		for _, r := range records {
			if r.ID == "" || seen[r.ID] || r.Object == "" {
				t.Errorf("record %+v", r)
			}
			seen[r.ID] = true
			if len(r.Numbers) > 100 {
				t.Errorf("%d numbers", len(r.Numbers))
			}
		}
	})
}
