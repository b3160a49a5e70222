package daemon

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
)

// objectsWithin bounds the questions that an import asks an org.
const objectsWithin = 15 * time.Second

// checkObjects asks the orgs whether what a document newly says of their objects
// can be done, before it is stored. An org that is new, has other keys now or does
// not answer is not asked: its status tells after the import.
func (o *orgs) checkObjects(ctx context.Context, doc bridge.Document) error {
	ctx, cancel := context.WithTimeout(ctx, objectsWithin)
	defer cancel()
	var faults bridge.FieldErrors
	for i, org := range doc.Orgs {
		r := o.byID(org.ID)
		if r == nil || r.client == nil || org.Disabled || org.InstanceURL != r.config.InstanceURL {
			continue
		}
		for j, object := range org.Objects {
			if slices.ContainsFunc(r.config.Objects, func(c lookup.ObjectConfig) bool { return reflect.DeepEqual(c, object) }) {
				continue
			}
			problems, err := replica.CheckObject(ctx, r.client, object)
			if err != nil {
				break // it is the org that does not answer
			}
			faults = append(faults, objectFaults(fmt.Sprintf("orgs[%d].objects[%d].", i, j), problems)...)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// objectFaults are the problems that keep an object from being copied.
func objectFaults(path string, problems []*lookup.ObjectError) (faults bridge.FieldErrors) {
	for _, p := range problems {
		if !p.Warning {
			faults = append(faults, bridge.FieldError{Path: path + p.Field, Text: p.Text + ". " + p.Cure})
		}
	}
	return faults
}

func (o *orgs) byID(id string) *runningOrg {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.running[id]
}

// objectFindings asks the org about the objects that an administrator has
// configured; the others speak by their syncs.
func (r *runningOrg) objectFindings(ctx context.Context, subject string) (out []Finding) {
	for _, c := range r.config.Objects {
		problems, err := replica.CheckObject(ctx, r.client, c)
		if err != nil {
			return append(out, Finding{LevelWarning, subject + ", " + c.Object, "could not be checked: " + err.Error(), orgCure(err)})
		}
		for _, p := range problems {
			level := LevelProblem
			if p.Warning {
				level = LevelWarning
			}
			out = append(out, Finding{level, subject + ", " + c.Object, p.Field + ": " + p.Text, p.Cure})
		}
	}
	return out
}
