package bridge

import (
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// DocumentVersion is the version of the configuration document that this
// program reads and writes.
const DocumentVersion = 1

// Document is the whole configuration as `config export` writes and
// `config import` reads it. Upsert keys are org id, link name, group name and
// agent e-mail.
//
//	YAML ─► ParseDocument ─► Validate ─► store.Import
//	store.Document ─► MarshalDocument ─► YAML, without secrets
type Document struct {
	Version int                `json:"version" yaml:"version"`
	Orgs    []lookup.OrgConfig `json:"orgs,omitempty" yaml:"orgs,omitempty"`
	Links   []pbx.LinkConfig   `json:"links,omitempty" yaml:"links,omitempty"`
	Groups  []Group            `json:"groups,omitempty" yaml:"groups,omitempty"`
	Agents  []Agent            `json:"agents,omitempty" yaml:"agents,omitempty"`
	// Retention is for how long personal data is kept.
	Retention Retention `json:"retention,omitzero" yaml:"retention,omitempty"`
	// Exclusions are found by their number or extension.
	Exclusions []Exclusion `json:"exclusions,omitempty" yaml:"exclusions,omitempty"`
}
