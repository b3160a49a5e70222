package daemon

import (
	"fmt"
	"log/slog"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip"
)

// openLink makes the link of a configured switch. With a memory its
// subscriptions outlive a restart; without one it leaves none behind.
func openLink(c pbx.LinkConfig, log *slog.Logger, memory sip.Memory) (pbx.Link, error) {
	switch c.Type {
	case "sip":
		return sip.New(c, sip.Options{Logger: log.With("link", c.Name), Memory: memory})
	default:
		return nil, fmt.Errorf("link %s: type %q is not supported yet: only sip is", c.Name, c.Type)
	}
}
