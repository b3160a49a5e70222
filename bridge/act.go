package bridge

import (
	"context"
	"errors"

	"github.com/ctibridge/ctibridge/pbx"
)

// Act does something with one of the agent's calls. It returns when the
// switch has been asked; what comes of it follows as frames. to is the number
// to transfer to or to consult, in any notation, under the same rights as a
// number to dial. A refusal is a RequestError.
func (b *Bridge) Act(ctx context.Context, agent AgentID, call CallID, action Action, to string) error {
	if action == ActionPrivate {
		return b.makePrivate(ctx, agent, call)
	}
	o, err := b.order(agent, call, action)
	if err != nil {
		return err
	}
	switch action {
	case ActionTransfer:
		if o.to, err = b.destination(o, to); err != nil {
			return err
		}
	case ActionConsult:
		return b.consult(ctx, o, to)
	case ActionReject:
		return b.reject(ctx, o)
	default:
	}
	return actProblem(o.run(ctx, action))
}

// reject declines a call that rings. The switch may tell of its end before it has
// answered, and mostly does not say who ended it: the call's end is told by what
// was asked for here.
func (b *Bridge) reject(ctx context.Context, o *order) error {
	b.declining(o, true)
	err := o.run(ctx, ActionReject)
	if err != nil {
		b.declining(o, false)
	}
	return actProblem(err)
}

func (b *Bridge) declining(o *order, now bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.table.legFor(o.s.Link.Name(), o.id); l != nil {
		l.declining = now
	}
}

// order is what an agent wants done with a call.
type order struct {
	x    *roster
	m    *member
	s    Switch
	id   pbx.ConnectionID
	held pbx.ConnectionID // or the connected one, where id is held
	to   string
}

// order finds the call and checks that this can be done with it now.
func (b *Bridge) order(agent AgentID, call CallID, action Action) (*order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.table.calls[call]
	if v == nil || v.agent != agent {
		b.stats.Refused.Add(1)
		return nil, ErrNotYourCall
	}
	x := b.roster.Load()
	o := &order{x: x, m: x.members[agent], s: x.switches[v.leg.link], id: v.leg.conn}
	switch {
	case o.m == nil:
		return nil, ErrNoAgent
	case v.leg.state == Ended:
		return nil, errEnded
	case !b.table.able(x, v.leg).has(action):
		return nil, errNotPossible
	}
	if other := b.table.sibling(v.leg); other != nil {
		o.held = other.conn
		if v.leg.state == Held {
			o.id, o.held = o.held, o.id
			if action != ActionSwap {
				o.id = v.leg.conn
			}
		}
	}
	return o, nil
}

// run asks the switch. That the link has the service was checked.
func (o *order) run(ctx context.Context, action Action) error {
	link := o.s.Link
	switch action {
	case ActionAnswer:
		if l, ok := link.(pbx.Answerer); ok {
			return l.AnswerCall(ctx, o.id)
		}
	case ActionReject, ActionHangup:
		if l, ok := link.(pbx.Clearer); ok {
			return l.ClearConnection(ctx, o.id)
		}
	case ActionHold:
		if l, ok := link.(pbx.Holder); ok {
			return l.HoldCall(ctx, o.id)
		}
	case ActionRetrieve:
		if l, ok := link.(pbx.Holder); ok {
			return l.RetrieveCall(ctx, o.id)
		}
	case ActionTransfer:
		if l, ok := link.(pbx.Transferrer); ok {
			return l.SingleStepTransferCall(ctx, o.id, o.to)
		}
	case ActionComplete:
		if l, ok := link.(pbx.Transferrer); ok {
			return l.TransferCall(ctx, o.held, o.id)
		}
	case ActionSwap:
		if l, ok := link.(pbx.Consulter); ok {
			return l.AlternateCall(ctx, o.held, o.id)
		}
	default:
	}
	return pbx.ErrNotSupported
}

// destination reads where to transfer a call, and counts it as a call placed.
func (b *Bridge) destination(o *order, to string) (string, error) {
	_, dialled, err := b.mayDial(o.x, o.m, o.s, to)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return dialled, b.takeDial(o.m)
}

// consult places a second call while the first is held. Like one that the
// agent dials it is in the table before the switch is asked.
func (b *Bridge) consult(ctx context.Context, o *order, to string) error {
	consulter, ok := o.s.Link.(pbx.Consulter)
	if !ok {
		return errNotPossible
	}
	far, dialled, err := b.mayDial(o.x, o.m, o.s, to)
	if err != nil {
		return err
	}
	l, _, err := b.beginDial(o.m, Device{o.s.Link.Name(), string(o.id.Device)}, far, nil)
	if err != nil {
		return err
	}
	conn, err := consulter.ConsultationCall(ctx, o.id, dialled)
	b.dialled(ctx, o.x, l, conn, err)
	return actProblem(err)
}

func actProblem(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pbx.ErrLinkDown):
		return errLinkDown
	case errors.Is(err, pbx.ErrNotSupported):
		return errNotPossible
	}
	return errNotDone
}
