package bridge

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/ctibridge/ctibridge/lookup"
)

// Bounds of what is said of an object.
const (
	maxObjectSources = 20
	maxShown         = 20
	maxWhere         = 4000
	maxConstant      = 255
)

// checkObjects checks what is to be copied of an org, as far as that can be told
// without asking it (lookup.CheckObject does).
func (c *checker) checkObjects(path string, objects []lookup.ObjectConfig) {
	seen := map[string]bool{}
	for i := range objects {
		o, at := &objects[i], fmt.Sprintf("%sobjects[%d].", path, i)
		if !apiName(o.Object) {
			c.add(at+"object", "%q is not the API name of an object, such as Contact or Branch__c", o.Object)
		}
		c.unique(at+"object", "entries for the object", strings.ToLower(o.Object), seen)
		c.standardObject(at+"object", o.Object)
		c.checkFields(at, o)
		if o.Account != "" {
			c.id(at+"account", "001", "an account", &o.Account)
		}
		if o.Limit < 0 {
			c.add(at+"limit", "must not be below 0, which is all")
		}
		if o.Vanished != "" {
			c.oneOf(at+"vanished", o.Vanished, lookup.VanishedDelete, lookup.VanishedKeep)
		}
		c.checkCondition(at+"where", o.Where)
		c.checkSchedule(at, o.Schedule)
		c.checkShown(at, o)
	}
}

// checkSchedule checks when an org or an object is synced.
func (c *checker) checkSchedule(path string, s lookup.Schedule) {
	faults := s.Validate()
	for _, part := range slices.Sorted(maps.Keys(faults)) {
		c.addError(path+"schedule."+part, faults[part])
	}
}

// standardObject finds the names of the built-in objects in another letter case,
// which would be taken for other objects.
func (c *checker) standardObject(path, name string) {
	for _, known := range []string{"Account", "Contact", "Lead", "Opportunity", "Case"} {
		if name != known && strings.EqualFold(name, known) {
			c.add(path, "write %s", known)
		}
	}
}

func (c *checker) checkFields(at string, o *lookup.ObjectConfig) {
	for _, target := range slices.Sorted(maps.Keys(o.Fields)) {
		sources := o.Fields[target]
		path := at + "fields." + target
		if !slices.Contains(lookup.Targets(), target) {
			c.add(path, "%q is not known; use %s", target, strings.Join(lookup.Targets(), ", "))
			continue
		}
		if len(sources) > maxObjectSources {
			c.add(path, "must not have more than %d sources", maxObjectSources)
		}
		if target == lookup.TargetNumbers && len(sources) == 0 {
			c.add(path, "names no field, so nobody would be found; leave it out for all telephone fields, or set disabled")
		}
		for i, source := range sources {
			c.checkSource(fmt.Sprintf("%s[%d]", path, i), target, source)
		}
	}
}

// checkSource checks a field, a path, a constant or "*".
func (c *checker) checkSource(path, target, source string) {
	text, constant := strings.CutPrefix(strings.TrimSpace(source), "=")
	switch {
	case constant && (target == lookup.TargetNumbers || target == lookup.TargetPrivate):
		c.add(path, "must be a field: under a constant number every record would be found")
	case constant && len(text) > maxConstant:
		c.add(path, "must not be longer than %d characters", maxConstant)
	case constant && (target == lookup.TargetAccount || target == lookup.TargetOwner):
		if _, ok := SalesforceID(text); !ok {
			c.add(path, "%q is not a Salesforce id of 15 or 18 characters", text)
		}
	case constant || text == "*":
	case !fieldPath(text):
		c.add(path, "%q is neither a field (Phone), a path (Account.BillingCity), a constant (=VIP) nor * for the default", source)
	}
}

func (c *checker) checkShown(at string, o *lookup.ObjectConfig) {
	if len(o.Show) > maxShown {
		c.add(at+"show", "must not have more than %d fields", maxShown)
	}
	for i, field := range o.Show {
		if !fieldPath(strings.TrimSpace(field)) {
			c.add(fmt.Sprintf("%sshow[%d]", at, i), "%q is neither a field (Title) nor a path (Account.Industry)", field)
		}
	}
	for i, prefix := range o.SkipNames {
		if strings.TrimSpace(prefix) == "" {
			c.add(fmt.Sprintf("%sskipNames[%d]", at, i), "is empty and would leave out everybody; write how such names begin, such as *")
		}
	}
	if len(o.URLs) > lookup.MaxURLs {
		c.add(at+"urls", "must not have more than %d addresses", lookup.MaxURLs)
	}
	for i, template := range o.URLs {
		c.recordURL(fmt.Sprintf("%surls[%d]", at, i), template)
	}
}

// recordURL checks a template by what it becomes of a record.
func (c *checker) recordURL(path, template string) {
	example := strings.NewReplacer("{id}", "0037Q00000000001", "{object}", "Contact", "{instance}", "https://example.my.salesforce.com").Replace(strings.TrimSpace(template))
	u, err := url.Parse(example)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		c.add(path, "must be a web address, such as {instance}/{id} or https://erp.example.com/?id={id}")
	case strings.ContainsAny(example, "{}"):
		c.add(path, "knows {id}, {object} and {instance} only")
	case !strings.Contains(template, "{id}"):
		c.add(path, "must contain {id}, or it leads to the same page for all records")
	}
}

// checkCondition finds what would break out of the brackets that a where-clause is
// put into. Whether the org understands it, only the org can tell.
func (c *checker) checkCondition(path, where string) {
	switch {
	case len(where) > maxWhere:
		c.add(path, "must not be longer than %d characters", maxWhere)
	case strings.HasPrefix(strings.ToUpper(strings.TrimSpace(where)), "WHERE "):
		c.add(path, "is the condition alone, without the word WHERE")
	case !closed(where):
		c.add(path, "has a bracket or a quote that is not closed")
	}
}

// closed reports whether quotes end and brackets match, outside of quotes.
func closed(where string) bool {
	depth, quoted, escaped := 0, false, false
	for _, r := range where {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0 && !quoted
}

// fieldPath reports whether text is an API name, or several parted by dots.
func fieldPath(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if !apiName(part) {
			return false
		}
	}
	return true
}

// apiName reports whether text can be the API name of an object or field.
func apiName(text string) bool {
	if text == "" || len(text) > 120 || text[0] > unicode.MaxASCII || !unicode.IsLetter(rune(text[0])) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
	})
}
