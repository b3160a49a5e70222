package sip

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
)

// firstKey is the key of the first call of extension 103 on a new link.
func firstKey(t *testing.T, l *Link) pbx.CallID {
	t.Helper()
	d := l.newDevice("103", time.Now())
	d.tracker.apply(parseScript(t, "0|103 terminated"), 1, profileAsterisk, time.Now())
	for _, e := range d.tracker.apply(parseScript(t, "1|103 early in "+berta), 2, profileAsterisk, time.Now()) {
		return e.Connection.Call
	}
	t.Fatal("no call")
	return ""
}

// TestKeysOfAsteriskAreNew: the extension numbers its calls itself, and a link
// or a device that begins anew must not use the number of an old call.
func TestKeysOfAsteriskAreNew(t *testing.T) {
	l, m := newLink(t, pbx.LinkConfig{Profile: "asterisk"}), newLink(t, pbx.LinkConfig{Profile: "asterisk"})
	keys := map[pbx.CallID]bool{firstKey(t, l): true, firstKey(t, l): true, firstKey(t, m): true}
	if len(keys) != 3 {
		t.Errorf("three calls have the keys %v", keys)
	}
}
