package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/web/agent/agenttest"
)

// The org and the PBX of the test.
const (
	orgID     = "00D000000000001EAA"
	orgURL    = "https://load.example.com"
	orgOrigin = "https://load.example.com"
	linkName  = "load"
)

func extensionOf(agent int) string { return strconv.Itoa(10000 + agent) }

func emailOf(agent int) string { return "agent" + strconv.Itoa(agent) + "@example.com" }

// userOf is an 18-character Salesforce user id; the directory and tickets do
// not care that its suffix checks nothing.
func userOf(agent int) string { return fmt.Sprintf("0050000000%05dAAA", agent) }

func recordOf(n int) string { return fmt.Sprintf("00300000%07dAAA", n) }

// document is the bridge's configuration for the test.
func document(o *options, issuer *agenttest.Issuer, pbxAddr string) bridge.Document {
	org := issuer.Config()
	org.Name, org.Origins = "Load test", []string{orgOrigin}
	d := bridge.Document{Version: 1, Orgs: []lookup.OrgConfig{org}, Groups: []bridge.Group{{Name: "Load"}}}
	link := pbx.LinkConfig{
		Name: linkName, Type: "sip", Profile: "freeswitch", Transport: o.Link, Server: pbxAddr,
		Domain: "pbx.example.com", Listen: "127.0.0.1:0", Username: "cti", Password: "load",
		DialPlan: pbx.DialPlan{Country: "DE", AreaCode: "30"},
	}
	if o.Link == "memory" {
		link.Transport = "udp" // not used: the server puts the in-memory link in
	}
	d.Links = append(d.Links, link)
	for i := range o.Agents {
		d.Agents = append(d.Agents, bridge.Agent{
			Email: emailOf(i), Org: orgID, SalesforceUser: userOf(i), Groups: []string{"Load"}, Enabled: true,
			Devices: []bridge.Device{{Link: linkName, Extension: extensionOf(i)}},
		})
	}
	return d
}

// writeConfig writes what `ctibridge config import` takes, for --attach.
func writeConfig(o options) error {
	if o.KeyFile == "" || o.PBXListen == "127.0.0.1:0" {
		return errors.New("--write-config needs --key-file and a --pbx-listen with a port, the same as the later --attach")
	}
	issuer, err := newIssuer(&o, "")
	if err != nil {
		return err
	}
	out, err := yaml.Marshal(document(&o, issuer, o.PBXListen))
	if err != nil {
		return err
	}
	return os.WriteFile(o.WriteConfig, out, 0o600)
}

// newIssuer is the org that signs the tickets, with the key of --key-file if
// there is one.
func newIssuer(o *options, audience string) (*agenttest.Issuer, error) {
	issuer, err := agenttest.NewIssuer(orgID, orgURL, audience)
	if err != nil || o.KeyFile == "" {
		return issuer, err
	}
	text, err := os.ReadFile(o.KeyFile)
	if errors.Is(err, os.ErrNotExist) {
		return issuer, saveKey(o.KeyFile, issuer.Key)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block: delete it to get a new key", o.KeyFile)
	}
	issuer.Key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	return issuer, err
}

func saveKey(path string, key *rsa.PrivateKey) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600)
}

// newKey is a key that secrets are sealed with.
func newKey() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}
