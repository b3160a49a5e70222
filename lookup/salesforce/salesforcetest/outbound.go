package salesforcetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Outbound is an outbound message: a workflow or flow of the org posts it when a
// record of an object is created or changed.
//
//	Create, Update, Merge … ─► queue ─► ≤ 100 notifications a message ─POST─► Endpoint
//	                             ▲                                              │
//	                             └── no <Ack>true</Ack>: later, each time later ┘
//
// As in Salesforce a message is one object's, deletions send none, fields have
// the values of the time of sending, and what is not acknowledged comes again
// until it is a day old, behind what has changed since.
type Outbound struct {
	Object   string
	Endpoint string
	Fields   []string // sent beside Id
	// Retry is the pause after the first failure: 5 s if 0. Each further one is
	// twice as long, at most 2 h.
	Retry time.Duration
	// Repeat sends that many of a hundred notifications once more although they were
	// acknowledged; Shuffle sends in any order.
	Repeat  int
	Shuffle bool
}

// Bounds of outbound messages; all but the last are Salesforce's.
const (
	maxNotifications  = 100
	outboundLife      = 24 * time.Hour
	longestRetry      = 2 * time.Hour
	firstRetry        = 5 * time.Second
	outboundTimeout   = 10 * time.Second
	maxOutboundQueue  = 100_000 // the oldest go first
	outboundNamespace = "http://soap.sforce.com/2005/09/outbound"
)

// OutboundStatus tells how an org's outbound messages go.
type OutboundStatus struct {
	Waiting  int // notifications, with those that are just being sent
	Messages int // sent
	Failed   int // of them without an acknowledgement
	Given    int // notifications given up
}

// outbound is the org's outbound messages and what waits to be sent.
type outbound struct {
	actions []*outboundAction
	queue   []*notification
	flying  int           // notifications that are being sent
	wake    chan struct{} // holds one token while something new waits
	serial  uint64
	status  OutboundStatus
	client  *http.Client
}

type outboundAction struct {
	Outbound
	id    string
	table *table
	paths []int // of Fields
}

// notification is one record's change on its way.
type notification struct {
	id      string
	action  *outboundAction
	row     *row
	created time.Time
	due     time.Time
	tries   int
	repeat  bool // acknowledged once
}

func newOutbound() outbound {
	return outbound{wake: make(chan struct{}, 1), client: &http.Client{Timeout: outboundTimeout}}
}

// AddOutbound has the org send m from now on, while it is started.
func (o *Org) AddOutbound(m Outbound) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	t, ok := o.tables[strings.ToLower(m.Object)]
	if !ok {
		return fmt.Errorf("salesforcetest: outbound message: there is no object %s", m.Object)
	}
	a := &outboundAction{Outbound: m, table: t, id: fmt.Sprintf("04k7Q%010dAAA", len(o.outbound.actions)+1)}
	if a.Retry <= 0 {
		a.Retry = firstRetry
	}
	for _, name := range m.Fields {
		at, ok := t.index[strings.ToLower(name)]
		if !ok {
			return fmt.Errorf("salesforcetest: outbound message: %s has no field %s", m.Object, name)
		}
		a.paths = append(a.paths, at)
	}
	o.outbound.actions = append(o.outbound.actions, a)
	return nil
}

// OutboundStatus tells how the outbound messages go.
func (o *Org) OutboundStatus() OutboundStatus {
	o.mu.RLock()
	defer o.mu.RUnlock()
	s := o.outbound.status
	s.Waiting = len(o.outbound.queue) + o.outbound.flying
	return s
}

// notify queues what the org sends of a change; the caller holds the org's lock.
// The contact that mirrors a person account has no messages of its own. Changes
// are stamped by the org's clock, retries run by the machine's.
func (o *Org) notify(c Change, t *table, r *row) {
	if c.Kind == Deleted || c.Kind == Undeleted || t.name == "Contact" && t.get(r, "IsPersonAccount") == "true" {
		return
	}
	b := &o.outbound
	for _, a := range b.actions {
		if a.table != t {
			continue
		}
		b.serial++
		now := time.Now()
		b.queue = append(b.queue, &notification{id: fmt.Sprintf("04l7Q%010dAAA", b.serial), action: a, row: r, created: now, due: now})
		if len(b.queue) > maxOutboundQueue {
			b.queue = b.queue[1:]
			b.status.Given++
		}
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
}

// sendOutbound sends messages until ctx ends.
func (o *Org) sendOutbound(ctx context.Context) {
	for ctx.Err() == nil {
		message, wait := o.nextMessage(time.Now())
		if len(message) > 0 {
			o.settle(ctx, message, o.post(ctx, message))
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-o.outbound.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// nextMessage takes what is due of one action out of the queue, or tells how long
// to wait for it.
func (o *Org) nextMessage(now time.Time) (message []*notification, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := &o.outbound
	wait = time.Hour
	if slices.ContainsFunc(b.actions, func(a *outboundAction) bool { return a.Shuffle }) {
		rand.Shuffle(len(b.queue), func(i, j int) { b.queue[i], b.queue[j] = b.queue[j], b.queue[i] })
	}
	rest := b.queue[:0]
	for _, n := range b.queue {
		switch due := n.due.Sub(now); {
		case now.Sub(n.created) > outboundLife:
			b.status.Given++
			continue
		case due > 0:
			wait = min(wait, due)
		case len(message) == maxNotifications || len(message) > 0 && message[0].action != n.action:
			wait = 0
		default:
			message = append(message, n)
			continue
		}
		rest = append(rest, n)
	}
	clear(b.queue[len(rest):])
	b.queue, b.flying = rest, len(message)
	return message, wait
}

// settle puts back what was not acknowledged, and now and then what was.
func (o *Org) settle(ctx context.Context, message []*notification, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := &o.outbound
	b.status.Messages++
	b.flying = 0
	if err != nil {
		b.status.Failed++
		o.log.LogAttrs(ctx, slog.LevelDebug, "outbound message not acknowledged", slog.Any("err", err))
	}
	for _, n := range message {
		pause := n.action.Retry << min(n.tries, 20)
		if pause <= 0 || pause > longestRetry {
			pause = longestRetry
		}
		n.tries++
		again := err == nil && !n.repeat && rand.IntN(100) < n.action.Repeat
		n.repeat = n.repeat || again
		if err != nil || again {
			n.due = time.Now().Add(pause)
			b.queue = append(b.queue, n)
		}
	}
}

// post sends a message; nil means that it was acknowledged.
func (o *Org) post(ctx context.Context, message []*notification) error {
	body := o.envelope(message)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, message[0].action.Endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("salesforcetest: outbound message: %w", err)
	}
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("SOAPAction", `""`)
	resp, err := o.outbound.client.Do(r)
	if err != nil {
		return fmt.Errorf("salesforcetest: outbound message: %w", err)
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	if err != nil {
		return fmt.Errorf("salesforcetest: outbound message: %w", err)
	}
	return acknowledged(resp.StatusCode, reply)
}

// envelope is the message as Salesforce writes it, with what the records hold now.
func (o *Org) envelope(message []*notification) []byte {
	o.mu.RLock()
	defer o.mu.RUnlock()
	a := message[0].action
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="%s">
   <OrganizationId>%s</OrganizationId>
   <ActionId>%s</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>%[4]s/services/Soap/c/66.0/%[5]s</EnterpriseUrl>
   <PartnerUrl>%[4]s/services/Soap/u/66.0/%[5]s</PartnerUrl>
`, outboundNamespace, o.id, a.id, o.url, o.id[:15])
	for _, n := range message {
		fmt.Fprintf(&b, "   <Notification>\n    <Id>%s</Id>\n    <sObject xsi:type=\"sf:%s\" xmlns:sf=\"urn:sobject.enterprise.soap.sforce.com\">\n     <sf:Id>%s</sf:Id>\n",
			n.id, a.table.name, n.row.get(atID))
		for _, at := range a.paths {
			if value := n.row.get(at); value != "" {
				fmt.Fprintf(&b, "     <sf:%[1]s>%[2]s</sf:%[1]s>\n", a.table.columns[at].name, escapeXML(value))
			}
		}
		b.WriteString("    </sObject>\n   </Notification>\n")
	}
	b.WriteString("  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>\n")
	return b.Bytes()
}
