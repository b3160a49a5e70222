package replica

import "context"

const (
	HintShare  = hintShare
	EarlyReads = earlyReads
)

// ReadHints reads what is hinted at now, as Run does a moment later.
func (r *Replica) ReadHints(ctx context.Context) error {
	r.readHints(ctx)
	return nil
}

// Poll does one turn of Run's polling.
func (r *Replica) Poll(ctx context.Context) error {
	var requests []SyncRequest
	for _, o := range r.objects {
		requests = append(requests, SyncRequest{Object: o.Object})
	}
	_, err := r.sync(ctx, requests, true, nil)
	return err
}
