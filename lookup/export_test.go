package lookup

import "context"

// ReadHints reads what is hinted at now, as Run does a moment later.
func (r *Replica) ReadHints(ctx context.Context) error {
	waiting, given := r.hints.take()
	defer r.hints.finish(given)
	for object, ids := range waiting {
		if err := r.readHinted(ctx, object, ids); err != nil {
			return err
		}
	}
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
