package csta

import (
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

func newLink(t *testing.T) func(pbx.LinkConfig) pbx.Link {
	return func(c pbx.LinkConfig) pbx.Link {
		l, err := New(c, Options{Retry: 20 * time.Millisecond, Farewell: 200 * time.Millisecond, table: newStub})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

// TestConformance places calls by the toy switch in every
// dialect.
func TestConformance(t *testing.T) {
	for _, dialect := range Dialects() {
		t.Run(dialect, func(t *testing.T) {
			pbxtest.RunDialTests(t, func(t *testing.T) pbxtest.Peer {
				return pbxtest.CSTAPeer(t, pbxtest.CSTAOptions{Dialect: pbxtest.CSTADialect(dialect)}, newLink(t))
			})
		})
	}
}
