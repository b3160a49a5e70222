//go:build peers

package salesforcetest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGoSalesforce lets go-salesforce, which we did not write, use the org: sign in
// with a secret and with a key, query over pages, bulk queries of several pages,
// write one record and many, search, refusals. It packs what it sends. It is a
// module of its own, so that what it needs stays out of ours.
func TestGoSalesforce(t *testing.T) {
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "judge"), ".")
	build.Dir = filepath.Join("testdata", "gosalesforce")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(dir, "key.pem")
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&block), 0o600); err != nil {
		t.Fatal(err)
	}
	c := call(t, Options{PageSize: 40})
	if err := c.org.AddFields("Contact", Field{Name: "Kunde__c", ExternalID: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.org.Generate(150, nil); err != nil {
		t.Fatal(err)
	}
	c.org.SetBulkPage(60)
	c.org.SlowJobs(1)
	c.org.RegisterKey(&key.PublicKey)
	c.org.Approve(c.org.Users()[0].ID)
	judge := exec.CommandContext(t.Context(), filepath.Join(dir, "judge"), c.org.URL(), c.org.ClientID(), c.org.ClientSecret(), dir, "bridge@example.com", keyFile)
	judge.Stderr = os.Stderr
	out, err := judge.Output()
	if err != nil {
		t.Fatalf("judge: %v\n%s", err, out)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "gosalesforce", "want.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != string(want) {
		t.Errorf("go-salesforce got\n%swant\n%s", out, want)
	}
}
