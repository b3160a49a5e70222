package bridge

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
)

// maxDocument bounds what is read; 10,000 agents take about 2 MiB.
const maxDocument = 16 << 20

// ParseDocument reads a configuration document in YAML. Unknown and repeated
// keys, wrong types, and what Validate finds are FieldErrors with their lines; "env:NAME"
// in place of a secret takes the variable's value. What an entry refers to may
// be stored already, so that is left to Validate with the stored document.
func ParseDocument(r io.Reader, getenv func(string) string) (Document, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return Document{}, fmt.Errorf("bridge: read configuration: %w", err)
	}
	if len(raw) > maxDocument {
		return Document{}, errors.New("bridge: read configuration: larger than 16 MiB: this is not a configuration document")
	}
	d, file, faults := decodeDocument(string(raw))
	if len(faults) > 0 {
		return Document{}, faults
	}
	faults = append(d.resolveSecrets(getenv), d.check(nil)...)
	if len(faults) > 0 {
		locate(faults, file)
		return Document{}, faults
	}
	return d, nil
}

// MarshalDocument writes d as ParseDocument reads it, without the secrets:
// importing the result keeps those that are stored.
func MarshalDocument(w io.Writer, d Document) error {
	d = d.WithoutSecrets()
	d.Version = DocumentVersion
	if _, err := io.WriteString(w, "# Secrets are left out; an import keeps those that are stored.\n"); err != nil {
		return fmt.Errorf("bridge: write configuration: %w", err)
	}
	enc := yaml.NewEncoder(w, yaml.UseLiteralStyleIfMultiline(true), yaml.IndentSequence(true))
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("bridge: write configuration: %w", err)
	}
	return nil
}

// WithoutSecrets is a copy that can be shown.
func (d Document) WithoutSecrets() Document {
	d.Orgs = append(d.Orgs[:0:0], d.Orgs...)
	for i := range d.Orgs {
		d.Orgs[i] = d.Orgs[i].WithoutSecrets()
	}
	d.Links = append(d.Links[:0:0], d.Links...)
	for i := range d.Links {
		d.Links[i].Password = ""
	}
	return d
}

// UnmarshalYAML makes a new agent that does not say otherwise an enabled one.
// One whom an administrator has disabled stays so unless the document says
// "enabled: true".
func (a *Agent) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Agent
	said := plain{Enabled: true}
	if err := unmarshal(&said); err != nil {
		return err
	}
	otherwise := plain{Enabled: false}
	if err := unmarshal(&otherwise); err != nil {
		return err
	}
	*a = Agent(said)
	a.KeepEnabled = said.Enabled != otherwise.Enabled // it follows what stood before
	return nil
}

// resolveSecrets replaces "env:NAME" by what the environment holds, in the
// secrets and in what comes from the same place as they do.
func (d *Document) resolveSecrets(getenv func(string) string) FieldErrors {
	var faults FieldErrors
	resolve := func(path string, secret *string) {
		name, ok := strings.CutPrefix(*secret, "env:")
		if !ok {
			return
		}
		if *secret = getenv(name); *secret == "" {
			faults.add(path, "the environment variable %s is not set; set it or leave the line out to keep what is stored", name)
		}
	}
	for i := range d.Orgs {
		resolve(fmt.Sprintf("orgs[%d].clientID", i), &d.Orgs[i].ClientID)
		for path, secret := range d.Orgs[i].Secrets() {
			resolve(fmt.Sprintf("orgs[%d].%s", i, path), secret)
		}
	}
	for i := range d.Links {
		resolve(fmt.Sprintf("links[%d].username", i), &d.Links[i].Username)
		resolve(fmt.Sprintf("links[%d].password", i), &d.Links[i].Password)
	}
	return faults
}

var _ yaml.InterfaceUnmarshaler = (*Agent)(nil)
