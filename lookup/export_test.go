package lookup

import "context"

// ReadHints reads what is hinted at now, as Run does a moment later.
func (r *Replica) ReadHints(ctx context.Context) error {
	for object, ids := range r.hints.take() {
		if err := r.readHinted(ctx, object, ids); err != nil {
			return err
		}
	}
	return nil
}
