//go:build peers

package pubsubtest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// TestPubSubClient lets npm's salesforce-pubsub-api-client, which we did not
// write, follow the org: read topic and schema, decode events and their bitmaps,
// begin again behind a replay id and at the earliest, and be refused a lost one.
func TestPubSubClient(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "judge"))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	org := salesforcetest.NewOrg(salesforcetest.Options{})
	must(t, org.Start())
	t.Cleanup(func() { _ = org.Close() })
	// The client speaks nothing but TLS.
	server := New(org, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}})
	server.Select("Contact", "Account")
	must(t, server.Start())
	t.Cleanup(server.Stop)
	client, err := salesforce.New(salesforce.Config{InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret()})
	must(t, err)
	access, err := client.Access(t.Context(), nil)
	must(t, err)

	judge := exec.CommandContext(t.Context(), "node", "judge.js", strings.TrimPrefix(server.URL(), "https://"), strings.Replace(org.URL(), "http:", "https:", 1), org.ID(), access.Token())
	judge.Dir, judge.Stderr = dir, os.Stderr
	out, err := judge.StdoutPipe()
	must(t, err)
	must(t, judge.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the judge said %q", lines.Text())
	}
	for server.Streams() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	id, err := org.Create("Contact", salesforcetest.Fields{"FirstName": "Berta", "LastName": "Beispiel", "Phone": "030 23125-101", "Email": "berta@example.com"})
	must(t, err)
	must(t, org.Update("Contact", id, salesforcetest.Fields{"LastName": "Muster", "MobilePhone": "0172 9925904", "Email": ""}))
	must(t, server.Gap("Contact", "GAP_UPDATE", id))
	must(t, org.Delete("Contact", id))
	if !lines.Scan() {
		t.Fatalf("the judge ended without a word: %v", judge.Wait())
	}
	const want = `{"events":[` +
		`{"change":"CREATE","entity":"Contact","records":1,"changed":[],"nulled":[],"fields":{"Name":{"FirstName":"Berta","LastName":"Beispiel"},"Phone":"030 23125-101","Email":"berta@example.com"}},` +
		`{"change":"UPDATE","entity":"Contact","records":1,"changed":["MobilePhone","Email","Name.LastName"],"nulled":["Email"],"fields":{"Name":{"FirstName":null,"LastName":"Muster"},"MobilePhone":"0172 9925904"}},` +
		`{"change":"GAP_UPDATE","entity":"Contact","records":1,"changed":[],"nulled":[],"fields":{}},` +
		`{"change":"DELETE","entity":"Contact","records":1,"changed":[],"nulled":[],"fields":{}}],` +
		`"again":[1,2],"earliest":[0,1,2,3],"lost":"sfdc.platform.eventbus.grpc.subscription.fetch.replayid.validation.failed"}`
	if lines.Text() != want {
		t.Errorf("the client got\n%s\nwant\n%s", lines.Text(), want)
	}
	must(t, judge.Wait())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// certificate is one that only this test trusts.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
