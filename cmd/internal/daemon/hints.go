package daemon

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/web/api"
)

var _ api.Orgs = (*orgs)(nil)

// replica is the running replica of an org.
func (o *orgs) replica(org string) (*replica.Replica, error) {
	o.mu.Lock()
	r := o.running[org]
	o.mu.Unlock()
	switch {
	case r == nil:
		return nil, fmt.Errorf("no org %q: %w", org, bridge.ErrNotFound)
	case r.replica == nil:
		return nil, r.fault
	}
	return r.replica, nil
}

// Message hints at the records that an outbound message of an org names. What is
// acknowledged here and lost in a crash comes with the next sync by its stamp.
func (o *orgs) Message(_ context.Context, org string, body []byte) (reply string, err error) {
	m, err := salesforce.ParseOutboundMessage(bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("%w: %w", api.ErrMalformed, err)
	}
	if m.OrgID != org {
		return "", fmt.Errorf("%w: it is of another org", api.ErrMalformed)
	}
	replica, err := o.replica(org)
	if err != nil {
		return "", err
	}
	byObject := map[string][]string{}
	for _, n := range m.Notifications {
		if o.notified.first(org+n.ID, time.Now()) {
			byObject[n.Object] = append(byObject[n.Object], n.Record)
		}
	}
	for object, ids := range byObject {
		replica.Hint(object, ids)
	}
	return salesforce.Acknowledgement, nil
}

// SyncObject reads an object's changes, or some of its records, now.
func (o *orgs) SyncObject(ctx context.Context, org, object string, ids []string) (int, error) {
	replica, err := o.replica(org)
	if err != nil {
		return 0, err
	}
	return replica.Refresh(ctx, object, ids)
}

const (
	// notifiedFor is how long a notification is known, two times at most;
	// Salesforce repeats one that was not acknowledged in time within minutes.
	notifiedFor = 10 * time.Minute
	// maxNotified bounds what is known of either time.
	maxNotified = 20_000
)

// notified knows notifications that have come already, for they may come again.
type notified struct {
	mu       sync.Mutex
	now, was map[string]bool
	since    time.Time
}

// first reports that a notification has not come before.
func (n *notified) first(id string, at time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.now == nil || len(n.now) >= maxNotified || at.Sub(n.since) >= notifiedFor {
		n.was, n.now, n.since = n.now, map[string]bool{}, at
	}
	known := n.now[id] || n.was[id]
	n.now[id] = true
	return !known
}
