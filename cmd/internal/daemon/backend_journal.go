package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/web/admin"
)

// office is what commands work on: the panel does the same, by the same code.
func (b backend) office() *office {
	return &office{data: b.d.data, orgs: b.d.orgs, bridge: b.d.bridge}
}

// Calls are those that `why` tells of.
func (b backend) Calls(ctx context.Context, f bridge.TraceFilter, number string) (_ []bridge.JournalEntry, err error) {
	o := b.office()
	if strings.TrimSpace(number) != "" {
		if f.Numbers, err = o.numbers(ctx, number); err != nil {
			return nil, err
		}
	}
	if err := o.flush(ctx); err != nil {
		return nil, err
	}
	return b.Traces(ctx, f)
}

func (b backend) SaveExclusion(ctx context.Context, actor string, e bridge.Exclusion) error {
	return b.then(ctx, b.Store.SaveExclusion(ctx, actor, e))
}

func (b backend) DeleteExclusion(ctx context.Context, actor, key string) error {
	return b.then(ctx, b.Store.DeleteExclusion(ctx, actor, key))
}

// RetryActivities makes what was refused due, and ends the writer's pause.
func (b backend) RetryActivities(ctx context.Context, org string) error {
	if _, err := b.Store.RetryActivities(ctx, org, time.Now()); err != nil {
		return err
	}
	found, err := b.d.orgs.named(org)
	if err != nil {
		return err
	}
	for _, r := range found {
		if r.writer != nil {
			r.writer.Hurry()
		}
	}
	return nil
}

// ExportPersonalData is `privacy export`.
func (b backend) ExportPersonalData(ctx context.Context, actor string, s admin.Subject) ([]byte, error) {
	data, err := b.office().personalData(ctx, actor, PrivacyRequest{Kind: s.Kind, Value: s.Value})
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write personal data: %w", err)
	}
	return append(out, '\n'), nil
}

// ErasePersonalData is `privacy erase`. Half an erasure is none: it goes on where
// the browser has gone.
func (b backend) ErasePersonalData(ctx context.Context, actor string, s admin.Subject) (admin.Erasure, error) {
	done, err := b.office().erase(context.WithoutCancel(ctx), actor, PrivacyRequest{Kind: s.Kind, Value: s.Value})
	return admin.Erasure{Calls: done.Calls, Records: done.Records, Elsewhere: done.Elsewhere}, err
}

// Elsewhere is where something may be that ErasePersonalData cannot reach.
func (backend) Elsewhere(kind string) []string { return elsewhere(kind) }
