package daemon

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ctibridge/ctibridge/"

// rule says what a folder and those below it may import of ours; "x" is the
// package x alone, "x/..." everything below it as well. The longest folder wins.
type rule struct {
	folder  string
	imports []string
}

// Data flows pbx → lookup → bridge → web; imports run against it.
var rules = []rule{
	{"cmd", []string{"..."}},
	{"bridge", []string{"pbx", "lookup"}},
	{"bridge/config", nil},
	{"bridge/store", []string{"bridge", "pbx", "lookup"}},
	{"pbx", []string{"pbx/..."}},
	{"lookup", []string{"lookup/salesforce/..."}},
	{"lookup/replica", []string{"lookup", "lookup/salesforce/..."}},
	{"lookup/accuracy", []string{"lookup/..."}},
	{"lookup/salesforce", nil},
	{"lookup/salesforce/pubsub", []string{"lookup/salesforce", "lookup/salesforce/pubsub/..."}},
	{"lookup/salesforce/salesforcetest", []string{"lookup/salesforce"}},
	{"lookup/salesforce/salesforcetest/pubsubtest", []string{"lookup/salesforce", "lookup/salesforce/pubsub/...", "lookup/salesforce/salesforcetest"}},
	{"lookup/addressbook", []string{"lookup"}},
	{"web", []string{"web/...", "bridge", "bridge/config", "pbx", "lookup"}},
}

// simulators are imported by tests, the demo and loadtest only.
func simulator(pkg string) bool { return strings.HasSuffix(path.Base(pkg), "test") }

func mayUseSimulators(folder, file string) bool {
	return strings.HasSuffix(file, "_test.go") || simulator(folder) || folder == "cmd/demo" || folder == "cmd/loadtest"
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel == "salesforce-package" || rel == "tmp" || strings.HasPrefix(d.Name(), ".") && rel != "." {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") {
			files++
			checkImports(t, name, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d Go files were read: the test looks in the wrong place", files)
	}
}

func checkImports(t *testing.T, name, rel string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	folder := path.Dir(rel)
	r := ruleFor(folder)
	if r == nil {
		t.Errorf("%s: no folder of the design", rel)
		return
	}
	for _, spec := range parsed.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		pkg, ours := strings.CutPrefix(imported, module)
		switch {
		case !ours || pkg == folder:
		case simulator(pkg) && mayUseSimulators(folder, rel):
		case simulator(pkg):
			t.Errorf("%s imports the simulator %s", rel, pkg)
		case !allowed(*r, pkg):
			t.Errorf("%s imports %s, which %s may not", rel, pkg, r.folder)
		}
	}
}

func ruleFor(folder string) *rule {
	var best *rule
	for i := range rules {
		r := &rules[i]
		if (folder == r.folder || strings.HasPrefix(folder, r.folder+"/")) && (best == nil || len(r.folder) > len(best.folder)) {
			best = r
		}
	}
	return best
}

func allowed(r rule, pkg string) bool {
	for _, a := range r.imports {
		below, all := strings.CutSuffix(a, "...")
		if pkg == a || all && strings.HasPrefix(pkg+"/", below) {
			return true
		}
	}
	return false
}

// The rules themselves: a test that lets everything through is worth nothing.
func TestRules(t *testing.T) {
	tests := []struct {
		folder, imports string
		want            bool
	}{
		{"web/admin", "bridge", true},
		{"web/admin", "web/agent", true},
		{"web/admin", "bridge/store", false},
		{"web", "pbx/sip", false},
		{"bridge", "web", false},
		{"bridge", "pbx", true},
		{"bridge/config", "bridge", false},
		{"pbx/sip", "pbx/sip/dialoginfo", true},
		{"pbx/sip", "lookup", false},
		{"lookup/salesforce", "lookup", false},
		{"lookup", "lookup/replica", false},
		{"lookup/replica", "lookup", true},
		{"web/admin", "lookup/replica", false},
		{"cmd/ctibridge", "bridge/store", true},
	}
	for _, tt := range tests {
		if got := allowed(*ruleFor(tt.folder), tt.imports); got != tt.want {
			t.Errorf("%s imports %s: allowed %v, want %v", tt.folder, tt.imports, got, tt.want)
		}
	}
}
