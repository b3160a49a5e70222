package sip

import (
	"slices"

	"github.com/ctibridge/ctibridge/pbx/sip/dialoginfo"
)

// order is a document's place in its subscription: its version, or where there
// is none or the switch always writes the same one, the CSeq of its NOTIFY.
type order struct {
	version    uint32
	hasVersion bool
	cseq       uint32
	set        bool
}

// before tells whether o was sent before p. Documents of FreeSWITCH have a
// contiguous version and a CSeq that leaps, those of Kamailio share versions
// between subscriptions; so only the order counts, never the distance.
func (o order) before(p order) bool {
	if !p.set {
		return false
	}
	if o.hasVersion && p.hasVersion && o.version != p.version {
		return o.version < p.version
	}
	return o.cseq < p.cseq
}

// restarted tells that the notifier began to count again within a subscription.
func (o order) restarted(last order) bool {
	return o.hasVersion && last.hasVersion && o.version == 0 && last.version > 0 && o.cseq > last.cseq
}

// gone is a dialog that has ended, so that a document that comes late does not
// bring it back.
type gone struct {
	id   string
	hash uint32 // of id: the others' ids need not be fetched to be told apart
	at   order
}

// hash32 is FNV-1a.
func hash32(text string) uint32 {
	h := uint32(2166136261)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return h
}

func (t *tracker) recall(id string) *gone {
	hash := hash32(id)
	for i := range t.gone {
		if g := &t.gone[i]; g.hash == hash && g.at.set && g.id == id {
			return g
		}
	}
	return nil
}

// ended tells whether a dialog ended after the document at was written. On
// Kamailio the end is for good, whatever newer documents say.
func (t *tracker) ended(id string, at order) bool {
	g := t.recall(id)
	return g != nil && (t.forward() || !g.at.before(at))
}

// forward tells that a dialog only ever goes on to a later state. Kamailio's
// dialog ids are never used again, but its workers overtake each other when they
// publish states, so that a newer document may show an older state, or the same
// dialog twice, until the wrong publication expires. Elsewhere an earlier state
// means a new call or hold.
func (t *tracker) forward() bool { return t.profile == profileKamailio }

// mergeTwins leaves of each dialog that a document holds several times the one
// that has come furthest.
func mergeTwins(doc *dialoginfo.Document) {
	kept := doc.Dialogs[:0]
	for _, d := range doc.Dialogs {
		i := slices.IndexFunc(kept, func(k dialoginfo.Dialog) bool { return k.ID == d.ID })
		switch {
		case i < 0:
			kept = append(kept, d)
		case d.State > kept[i].State:
			kept[i] = d
		}
	}
	doc.Dialogs = kept
}

// bury notes the end of a dialog. id is kept.
func (t *tracker) bury(id string, at order) {
	if g := t.recall(id); g != nil {
		g.at = at
		return
	}
	t.gone[t.goneAt] = gone{id: id, hash: hash32(id), at: at}
	t.goneAt = (t.goneAt + 1) % maxGone
}
