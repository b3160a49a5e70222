//go:build peers

package salesforcetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJSforce lets npm's jsforce, which we did not write, use the org: sign in and
// out, describe, query over pages, write one record and many, by external id, all
// or none, several requests in one, changes, search, a bulk query, refusals.
func TestJSforce(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "jsforce"))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	c := call(t, Options{PageSize: 40})
	if err := c.org.AddFields("Contact", Field{Name: "Kunde__c", ExternalID: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.org.Generate(150, nil); err != nil {
		t.Fatal(err)
	}
	c.org.SetPassword("bridge@example.com", "word", "token")
	judge := exec.CommandContext(t.Context(), "node", "judge.js", c.org.URL(), c.org.ClientID(), c.org.ClientSecret(), "bridge@example.com", "wordtoken")
	judge.Dir = dir
	judge.Stderr = os.Stderr
	out, err := judge.Output()
	if err != nil {
		t.Fatalf("judge: %v\n%s", err, out)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "jsforce", "want.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != string(want) {
		t.Errorf("jsforce got\n%swant\n%s", out, want)
	}
}
