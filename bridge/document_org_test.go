package bridge

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup"
)

// TestAllSecretsOfAnOrg: each may come from the environment, each is left out of
// an export, and what is exported is taken again.
func TestAllSecretsOfAnOrg(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	env, named := map[string]string{}, lookup.OrgConfig{}
	var yaml strings.Builder
	yaml.WriteString(`version: 1
orgs:
  - id: 00D000000000001
    name: Example
    instanceURL: https://example.my.salesforce.com
    disabled: true
    clientID: key
`)
	sections := map[string][]string{}
	n := 0
	for path := range named.Secrets() {
		n++
		name := fmt.Sprintf("SECRET_%d", n)
		env[name] = fmt.Sprintf("never-exported-%d", n)
		if path == "signIn.privateKey" {
			env[name] = text
		}
		section, field, nested := strings.Cut(path, ".")
		if !nested {
			fmt.Fprintf(&yaml, "    %s: env:%s\n", path, name)
			continue
		}
		sections[section] = append(sections[section], fmt.Sprintf("%s: env:%s", field, name))
	}
	sections["signIn"] = append(sections["signIn"], "kind: jwtBearer", "username: bridge@example.com", "loginURL: https://login.example.com")
	sections["connection"] = append(sections["connection"], `apiURL: https://api.example.com`, `apiVersion: highest`, `proxyURL: "http://proxy.example.com:3128"`,
		"proxyUsername: bridge", "proxyExceptions: [.example.com, 10.0.0.0/8]")
	sections["usage"] = []string{"slowAt: 50", "stopAt: 70", "requests: 6", "bulkFrom: -1"}
	for section, fields := range sections {
		fmt.Fprintf(&yaml, "    %s: {%s}\n", section, strings.Join(fields, ", "))
	}
	d, err := ParseDocument(strings.NewReader(yaml.String()), func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	o := d.Orgs[0]
	n = 0
	for path, value := range o.Secrets() {
		n++
		if *value != env[fmt.Sprintf("SECRET_%d", n)] {
			t.Errorf("%s is %q", path, *value)
		}
	}
	if n < 6 {
		t.Errorf("%d secrets, want all six", n)
	}
	var out bytes.Buffer
	if err := MarshalDocument(&out, d); err != nil {
		t.Fatal(err)
	}
	for _, secret := range env {
		if strings.Contains(out.String(), strings.Split(secret, "\n")[0]) {
			t.Errorf("the export holds %.20q", secret)
		}
	}
	again, err := ParseDocument(strings.NewReader(out.String()), func(string) string { return "" })
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if got, want := fmt.Sprintf("%+v", again.Orgs[0]), fmt.Sprintf("%+v", o.WithoutSecrets()); got != want {
		t.Errorf("exported and read again\n got %s\nwant %s", got, want)
	}
}
