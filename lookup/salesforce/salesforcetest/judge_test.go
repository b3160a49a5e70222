//go:build peers

package salesforcetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJSforce lets npm's jsforce, which we did not write, use the org: log in,
// describe, query over pages, create, update, find, retrieve, delete.
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
	if err := c.org.Generate(150, nil); err != nil {
		t.Fatal(err)
	}
	judge := exec.CommandContext(t.Context(), "node", "judge.js", c.org.URL(), c.org.ClientID(), c.org.ClientSecret())
	judge.Dir = dir
	judge.Stderr = os.Stderr
	out, err := judge.Output()
	if err != nil {
		t.Fatalf("judge: %v\n%s", err, out)
	}
	const want = `{"phones":["Phone","MobilePhone","HomePhone","OtherPhone","AssistantPhone","Fax"],"records":150,"company":"Muster 0 GmbH",` +
		`"total":150,"created":true,"name":"Berta O'Beispiel","phone":"030 23125-101","deleted":1,"bulk":150,"bulkIds":150,"bulkCompany":"Muster 0 GmbH","error":"INVALID_FIELD","limit":100000}` + "\n"
	if string(out) != want {
		t.Errorf("jsforce got\n%swant\n%s", out, want)
	}
}
