package replica

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// ObjectSource is what CheckObject asks; *salesforce.Client is one.
type ObjectSource interface {
	describer
	Count(ctx context.Context, soql string) (int, error)
}

// CheckObject asks the org whether an object can be copied as c says, before c is
// saved: whether the run-as user sees the object and its fields, and whether
// Salesforce understands the where-clause. It returns what is wrong, warnings
// among it. err says that the org could not be asked.
func CheckObject(ctx context.Context, client ObjectSource, c lookup.ObjectConfig) (problems []*lookup.ObjectError, err error) {
	if c.Disabled {
		return nil, nil
	}
	sch := newSchema(client)
	since := time.Now().Add(-planLife)
	object, err := sch.describe(ctx, c.Object, since)
	if errors.Is(err, salesforce.ErrNotFound) {
		return []*lookup.ObjectError{{
			Object: c.Object, Field: "object", Text: fmt.Sprintf("the run-as user cannot see %s, or it does not exist", c.Object),
			Cure: fmt.Sprintf("Check how the object is written (Branch__c), and give “Read” and “View All Records” on %s in a permission set.", c.Object),
			Err:  err,
		}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("replica: check %s: %w", c.Object, err)
	}
	r := resolver{schema: sch, object: object, since: since}
	plan, err := newFieldPlan(ctx, r, c)
	if wrong, ok := errors.AsType[*lookup.ObjectError](err); ok {
		return []*lookup.ObjectError{wrong}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("replica: check %s: %w", c.Object, err)
	}
	for _, w := range plan.warnings {
		text, cure, _ := strings.Cut(w, ". ")
		problems = append(problems, &lookup.ObjectError{Object: c.Object, Field: "fields", Text: text, Cure: cure, Warning: true})
	}
	shown, err := checkShow(ctx, &r, c)
	if err != nil {
		return nil, err
	}
	problems = append(problems, shown...)
	if err := checkWhere(ctx, client, &plan); err != nil {
		wrong, ok := errors.AsType[*lookup.ObjectError](err)
		if !ok {
			return nil, err
		}
		problems = append(problems, wrong)
	}
	return problems, nil
}

// checkShow checks the fields that the panel shows. What the run-as user does not
// see an agent may see: so these are warnings.
func checkShow(ctx context.Context, r *resolver, c lookup.ObjectConfig) (problems []*lookup.ObjectError, err error) {
	for i, name := range c.Show {
		f, err := r.resolve(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("replica: check %s: %w", c.Object, err)
		}
		if f.unseen != nil {
			problems = append(problems, &lookup.ObjectError{
				Object: c.Object, Field: fmt.Sprintf("show[%d]", i), Warning: true,
				Text: fmt.Sprintf("the run-as user cannot see %s; agents who may not see it either are not shown it", f.unseen.what),
				Cure: "Check how it is written. " + f.unseen.cure,
			})
		}
	}
	return problems, nil
}

// counter counts by SOQL.
type counter interface {
	Count(ctx context.Context, soql string) (int, error)
}

// checkWhere asks the org whether it understands the administrator's condition,
// with LIMIT 1. The error is an *ObjectError where it does not.
func checkWhere(ctx context.Context, client counter, p *fieldPlan) error {
	if p.where() == "" {
		return nil
	}
	_, err := client.Count(ctx, "SELECT COUNT() FROM "+p.object+whereClause(p.scope())+" LIMIT 1")
	failure, ok := errors.AsType[*salesforce.Error](err)
	if !ok {
		return err
	}
	wrong := &lookup.ObjectError{Object: p.object, Field: "where", Text: "Salesforce does not understand the where-clause: " + failure.Message, Err: err}
	switch code := failure.Code; {
	case code == "INVALID_FIELD" && (quotedAfter(failure.Message, "No such column")+quotedAfter(failure.Message, "understand relationship")) != "":
		wrong.Text = "the where-clause names a field that the run-as user cannot see: " + failure.Message
		wrong.Cure = fmt.Sprintf("Check how the field is written in the where-clause of %s. If it is right, give “Read Access” to it in a permission set (field permissions).", p.object)
	case failure.Status == 400 && !failure.Temporary():
		wrong.Cure = fmt.Sprintf("Correct the where-clause of %s: a condition as behind WHERE in SOQL, such as Type = 'Customer' AND BillingCountry != null.", p.object)
	default:
		return fmt.Errorf("replica: check %s: %w", p.object, err)
	}
	return wrong
}
