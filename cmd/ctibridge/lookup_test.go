package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// execute runs the program with arguments and gives what it printed.
func execute(t *testing.T, in string, args ...string) (code int, out, err string) {
	t.Helper()
	got := newShell(t).pipe(in, args...)
	return got.code, got.out, got.err
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const bookCSV = "\ufeffobject;id;account;name;company;country;phone;mobile;home;shoe size\n" +
	"Account;001A;001A;Beispiel GmbH;Beispiel GmbH;Deutschland;030/23125-0;;;\n" +
	"Contact;003B;001A;Berta <Beispiel>;Beispiel GmbH;;+49 (0)30 23125-101;0172 9925904;030 90009111;44\n" +
	"Contact;;;no id;;;030 23125102;;;\n" +
	"Contact;003C;;Urs Beispiel;;Schweiz;044 668 18 00;k.A.;;\n"

// The contract of DESIGN section 6, line by line.
func TestLookupAddressBook(t *testing.T) {
	t.Parallel()
	const (
		berta = `{"id":"003B","object":"Contact","name":"Berta <Beispiel>","match":"exact"}`
		firm  = `{"id":"001A","object":"Account","name":"Beispiel GmbH","match":"company"}`
		urs   = `{"id":"003C","object":"Contact","name":"Urs Beispiel","match":"exact"}`
	)
	line := func(input, e164, kind, matches string) string {
		return `{"input":"` + input + `","e164":"` + e164 + `","kind":"` + kind + `","matches":[` + matches + "]}\n"
	}
	batch := strings.Join([]string{
		"003023125101", "", "+493023125101\r", "0049 30 23125177", "0041446681800", "030 90009112", "01729973185", "112", "0112",
		"anonymous", "Restricted", "103", "<sip:+493023125101@pbx.example.com>", "rubbish",
	}, "\n")
	want := line("003023125101", "+493023125101", "public", berta) +
		line("", "", "invalid", "") +
		line("+493023125101", "+493023125101", "public", berta) +
		line("0049 30 23125177", "+493023125177", "public", firm) +
		line("0041446681800", "+41446681800", "public", urs) +
		line("030 90009112", "+493090009112", "public", "") +
		line("01729973185", "+491729973185", "public", "") +
		line("112", "", "invalid", "") + line("0112", "", "invalid", "") +
		line("anonymous", "", "withheld", "") + line("Restricted", "", "withheld", "") +
		line("103", "", "internal", "") +
		line("<sip:+493023125101@pbx.example.com>", "+493023125101", "public", berta) +
		line("rubbish", "", "invalid", "")
	book := file(t, bookCSV)
	for _, c := range []struct{ in, batch string }{{"", file(t, batch)}, {"\ufeff" + batch, "-"}} {
		code, out, problems := execute(t, c.in, "lookup", "--address-book", book, "--country", "DE", "--outside-line-prefix", "0", "--batch", c.batch, "--json")
		if code != 0 || out != want {
			t.Errorf("exit %d\n got %s\nwant %s", code, out, want)
		}
		for _, problem := range []string{"line 1, column 10 (shoe size): unknown column", "line 4, column 2 (id)", "line 5, column 8 (mobile)"} {
			if !strings.Contains(problems, problem) {
				t.Errorf("standard error lacks %q:\n%s", problem, problems)
			}
		}
	}
}

func TestLookupOptions(t *testing.T) {
	t.Parallel()
	book := file(t, bookCSV)
	for args, want := range map[string]string{
		"--area-code 30 23125101":        `"e164":"+493023125101"`,
		"--international 493023125101":   `"e164":"+493023125101"`,
		"--internal-digits 3 1234":       `"kind":"invalid"`,
		"--internal-digits 8 23125101":   `"kind":"internal"`,
		"--country Schweiz 0446681800":   `"id":"003C"`,
		"--country US 01149302312510199": `"kind":"public"`,
	} {
		code, out, problems := execute(t, "", append([]string{"lookup", "--json", "--address-book", book}, strings.Fields(args)...)...)
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, %s%s, want %s", args, code, out, problems, want)
		}
	}
	if code, out, _ := execute(t, "", "lookup", "--address-book", book, "03023125101"); code != 0 || !strings.Contains(out, "003B") {
		t.Errorf("for people: exit %d, %s", code, out)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	book := file(t, bookCSV)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"lookup", 2, "give a number"},
		{"lookup --address-book " + book, 2, "give a number"},
		{"lookup --address-book " + book + " --country Atlantis 1", 2, "unknown country"},
		{"lookup --address-book " + book + " --org x 1", 2, "give one of them"},
		{"lookup --address-book " + book + " --internal-digits=-1 1", 2, "negative"},
		{"lookup --wrong", 2, "unknown flag"},
		{"number", 2, "give a field"},
		{"number --country Atlantis 1", 2, "unknown country"},
		{"lookup --address-book /nowhere 1", 1, "/nowhere"},
		{"lookup --address-book " + book + " --batch /nowhere", 1, "/nowhere"},
		{"number --batch /nowhere", 1, "/nowhere"},
		{"lookup --address-book " + file(t, "name\nx\n") + " 1", 1, "no column “id”"},
		{"lookup --address-book " + file(t, "") + " 1", 1, "empty"},
		{"help", 0, ""},
	} {
		code, _, says := execute(t, "", strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(says, c.says) {
			t.Errorf("%s: exit %d, %q; want %d, %q", c.args, code, says, c.code, c.says)
		}
	}
}

func TestNumberBatch(t *testing.T) {
	t.Parallel()
	const want = `{"input":"030/23125-29","e164":["+49302312529"]}
{"input":"","e164":[]}
{"input":"030 23125101 / 0172 9925904","e164":["+493023125101","+491729925904"]}
{"input":"4.93023E+12","e164":[]}
{"input":"=\"<&>\"","e164":[]}
`
	batch := file(t, "030/23125-29\r\n\n030 23125101 / 0172 9925904\n4.93023E+12\n=\"<&>\"")
	for _, args := range [][]string{{"number", "--batch", batch}, {"number", "--batch", batch, "--json", "--country", "Germany"}} {
		if code, out, says := execute(t, "", args...); code != 0 || out != want || says != "" {
			t.Errorf("%v: exit %d, %s%s", args, code, out, says)
		}
	}
	if code, out, _ := execute(t, "", "number", "--country", "CH", "044 668 18 00"); code != 0 || !strings.Contains(out, "+41446681800") {
		t.Errorf("exit %d, %s", code, out)
	}
	long := strings.Repeat("030 23125101; ", 80_000)
	if code, out, _ := execute(t, long+"\n", "number", "--batch", "-"); code != 0 || !strings.Contains(out, "+493023125101") {
		t.Errorf("a line of a megabyte: exit %d", code)
	}
}
