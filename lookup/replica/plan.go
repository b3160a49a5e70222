package replica

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// planner compiles the mapping of an object:
//
//	mappingDefaults ─► ObjectConfig.Fields laid over them ─► each source by describe ─► fieldPlan
//	                                                                    └► what is not visible: a warning
type planner struct {
	resolver
	config lookup.ObjectConfig
	plan   fieldPlan
}

// newFieldPlan compiles what config says of r's object. An error is the org's, or
// that the object cannot be copied at all.
func newFieldPlan(ctx context.Context, r resolver, config lookup.ObjectConfig) (fieldPlan, error) {
	o := r.object
	p := &planner{resolver: r, config: config, plan: fieldPlan{object: o.Name, config: config, names: []string{"Id", "SystemModstamp", "IsDeleted"}, searchable: o.Searchable}}
	if o.Name != config.Object {
		return p.plan, &lookup.ObjectError{Object: config.Object, Field: "object", Text: fmt.Sprintf("Salesforce writes the object %s", o.Name), Cure: fmt.Sprintf("Write %s.", o.Name)}
	}
	for _, must := range p.plan.names {
		if !o.Has(must) {
			return p.plan, &salesforce.Error{Op: "describe " + o.Name, Code: "INVALID_FIELD", Message: must + " is not visible", Fields: []string{o.Name + "." + must}}
		}
	}
	p.chooseOwn()
	return p.plan, p.chooseAll(ctx)
}

// chooseOwn takes the fields that are no target and that no record shows.
func (p *planner) chooseOwn() {
	plan := &p.plan
	p.own(lastActivity)
	switch plan.object {
	case lookup.ObjectAccount:
		plan.person = p.own("IsPersonAccount")
	case lookup.ObjectContact:
		plan.person = p.own("IsPersonAccount")
	case lookup.ObjectLead:
		if plan.converted = p.own("IsConverted"); !plan.converted {
			p.warn(fieldUnseen(plan.object, "IsConverted"), "converted leads keep popping beside their contacts")
		}
	}
	plan.merged = plan.keeps() && p.own(masterRecord)
}

// own selects a field of the object if it is visible.
func (p *planner) own(name string) bool {
	f, ok := p.object.Field(name)
	if ok && !p.refused[strings.ToLower(f.Name)] {
		p.selected(f.Name)
		return true
	}
	return false
}

func (p *planner) selected(path string) {
	if path != "" && !slices.Contains(p.plan.names, path) {
		p.plan.names = append(p.plan.names, path)
	}
}

func (p *planner) chooseAll(ctx context.Context) error {
	for _, t := range []struct {
		target string
		to     *[]source
	}{
		{lookup.TargetName, &p.plan.name},
		{lookup.TargetOwner, &p.plan.owner},
		{lookup.TargetAccount, &p.plan.account},
		{lookup.TargetCompany, &p.plan.company},
		{lookup.TargetCountry, &p.plan.country},
	} {
		if p.plan.object == lookup.ObjectAccount && t.target == lookup.TargetAccount {
			continue // it is its own
		}
		if err := p.choose(ctx, t.target, t.to); err != nil {
			return err
		}
	}
	for _, target := range lookup.DetailTargets() {
		d := detailSource{target: target}
		if err := p.choose(ctx, target, &d.sources); err != nil {
			return err
		}
		if len(d.sources) > 0 {
			p.plan.details = append(p.plan.details, d)
		}
	}
	return p.chooseNumbers(ctx)
}

// choose resolves the sources of a target that takes the first one filled.
func (p *planner) choose(ctx context.Context, target string, to *[]source) error {
	for _, w := range p.wants(target) {
		s, err := p.take(ctx, w)
		if err != nil {
			return err
		}
		if s != nil {
			*to = append(*to, *s)
		}
	}
	return nil
}

// take resolves one source, and selects it; nil if it cannot be read.
func (p *planner) take(ctx context.Context, w wanted) (*source, error) {
	if text, constant := strings.CutPrefix(w.source, constantMark); constant {
		return &source{text: text}, nil
	}
	f, err := p.resolve(ctx, w.source)
	if err != nil {
		return nil, err
	}
	if f.unseen != nil {
		if w.loss != "" {
			p.warn(f.unseen, w.loss)
		}
		return nil, nil
	}
	p.selected(f.path)
	if f.target == lookup.ObjectAccount && p.plan.object != lookup.ObjectAccount && !slices.Contains(p.plan.references, f.root) {
		p.plan.references = append(p.plan.references, f.root)
	}
	return &source{path: f.path}, nil
}

func (p *planner) warn(u *unseen, loss string) {
	text := fmt.Sprintf("The run-as user cannot see %s, so %s. %s", u.what, loss, u.cure)
	if !slices.Contains(p.plan.warnings, text) {
		p.plan.warnings = append(p.plan.warnings, text)
	}
}

// wants are the sources of a target: what the configuration names, with "*" for
// the default among it, else the default.
func (p *planner) wants(target string) []wanted {
	configured, named := p.config.Fields[target]
	if !named {
		return p.defaults(target)
	}
	var list []wanted
	for _, text := range configured {
		text = strings.TrimSpace(text)
		switch {
		case text == defaultSources:
			list = append(list, p.defaults(target)...)
		case text != "":
			list = append(list, wanted{text, fmt.Sprintf("%s of %s is read without it", target, p.plan.object)})
		}
	}
	return list
}

// defaults are the built-in sources of a target. For an object that has no
// mapping of its own they follow from its fields: its name, its owner, and the
// account that it belongs to, if it can be only one.
func (p *planner) defaults(target string) []wanted {
	if built, standard := mappingDefaults[p.plan.object]; standard {
		return built[target]
	}
	switch target {
	case lookup.TargetName:
		for _, f := range p.object.Fields {
			if f.NameField {
				return []wanted{{source: f.Name}}
			}
		}
	case lookup.TargetOwner:
		return []wanted{{source: "OwnerId"}}
	}
	account, ok := p.onlyAccount()
	if !ok {
		return nil
	}
	switch target {
	case lookup.TargetAccount:
		return []wanted{{source: account.Name}}
	case lookup.TargetCompany:
		return []wanted{{account.RelationshipName + ".Name", "its pops show no company"}}
	case lookup.TargetCountry:
		return []wanted{{source: account.RelationshipName + ".BillingCountryCode"}, {source: account.RelationshipName + ".BillingCountry"}}
	}
	return nil
}

// onlyAccount is the one reference to an account, if there is one only.
func (p *planner) onlyAccount() (found salesforce.Field, ok bool) {
	for _, f := range p.object.Fields {
		if f.Type != "reference" || !slices.Equal(f.ReferenceTo, []string{lookup.ObjectAccount}) || f.RelationshipName == "" || strings.EqualFold(f.Name, masterRecord) {
			continue
		}
		if ok {
			return found, false
		}
		found, ok = f, true
	}
	return found, ok
}

// chooseNumbers resolves the fields with numbers, all of which count, and which
// of them are private.
func (p *planner) chooseNumbers(ctx context.Context) error {
	private, named, err := p.privates(ctx)
	if err != nil {
		return err
	}
	for _, w := range p.numberWants() {
		s, err := p.take(ctx, w)
		if err != nil {
			return err
		}
		if s == nil || s.path == "" || slices.ContainsFunc(p.plan.numbers, func(n numberSource) bool { return n.source == *s }) {
			continue
		}
		n := numberSource{*s, slices.Contains(private, s.path)}
		if !named {
			n.private = isPrivate(s.path)
		}
		p.plan.numbers = append(p.plan.numbers, n)
	}
	if len(p.plan.numbers) == 0 && len(p.plan.warnings) == 0 {
		p.plan.warnings = append(p.plan.warnings, fmt.Sprintf("The run-as user sees no telephone field of %s, so nobody is found by it. Name its fields with numbers, or switch the object off.", p.plan.object))
	}
	return nil
}

// numberWants are the wanted fields with numbers: by default all of type phone
// that are no fax, and a word about those that every org has.
func (p *planner) numberWants() []wanted {
	built := slices.Clone(p.wants(lookup.TargetNumbers))
	configured, named := p.config.Fields[lookup.TargetNumbers]
	if named && !slices.Contains(configured, defaultSources) {
		return built
	}
	for _, f := range p.object.Fields {
		if f.Type == "phone" && !isFax(f.Name, f.Label) {
			built = append(built, wanted{source: f.Name})
		}
	}
	return built
}

// privates are the paths that the configuration calls private, if it does.
func (p *planner) privates(ctx context.Context) (paths []string, named bool, err error) {
	configured, named := p.config.Fields[lookup.TargetPrivate]
	for _, text := range configured {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		f, err := p.resolve(ctx, text)
		if err != nil {
			return nil, named, err
		}
		paths = append(paths, f.path)
	}
	return paths, named, nil
}
