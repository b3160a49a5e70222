package daemon

import (
	"fmt"
	"log/slog"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/sip"
)

// openLink makes the link of a configured switch.
func openLink(c pbx.LinkConfig, log *slog.Logger) (pbx.Link, error) {
	switch c.Type {
	case "sip":
		return sip.New(c, sip.Options{Logger: log.With("link", c.Name)})
	default:
		return nil, fmt.Errorf("link %s: type %q is not supported yet: only sip is", c.Name, c.Type)
	}
}
