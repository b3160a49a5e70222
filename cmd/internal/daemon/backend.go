package daemon

import (
	"context"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/bridge/store"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/web/admin"
)

// backend is what the panel sees of the program: the store, where each change
// acts on the running bridge before the panel answers, and the status.
type backend struct {
	*store.Store
	d *Daemon
}

// then reloads after a change that worked, also where the browser has gone
// meanwhile. The change is kept even if the reload fails: the error says so.
func (b backend) then(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return b.d.Reload(context.WithoutCancel(ctx))
}

func (b backend) SaveAgent(ctx context.Context, actor string, a bridge.Agent) (bridge.Agent, error) {
	saved, err := b.Store.SaveAgent(ctx, actor, a)
	return saved, b.then(ctx, err)
}

func (b backend) DeleteAgent(ctx context.Context, actor string, id bridge.AgentID) error {
	return b.then(ctx, b.Store.DeleteAgent(ctx, actor, id))
}

func (b backend) Unbind(ctx context.Context, actor string, id bridge.AgentID) error {
	err := b.Store.Unbind(ctx, actor, id)
	if err != nil {
		return err
	}
	defer b.d.dismiss(id, bridge.ErrNoAgent)
	return b.then(ctx, nil)
}

func (b backend) SaveGroup(ctx context.Context, actor, oldName string, g bridge.Group) error {
	return b.then(ctx, b.Store.SaveGroup(ctx, actor, oldName, g))
}

func (b backend) DeleteGroup(ctx context.Context, actor, name string) error {
	return b.then(ctx, b.Store.DeleteGroup(ctx, actor, name))
}

func (b backend) LinkStatuses() []admin.LinkStatus  { return b.d.switches.statuses() }
func (b backend) SyncStatuses() []lookup.SyncStatus { return b.d.orgs.statuses() }
func (b backend) OrgStatuses() []lookup.OrgStatus   { return b.d.orgs.orgStatuses() }
func (b backend) Sessions() map[bridge.AgentID]int  { return b.d.hub.Sessions() }

// The panel's parts that ask orgs.
var (
	_ admin.OrgConnector     = backend{}
	_ admin.SalesforceSignIn = backend{}
)
