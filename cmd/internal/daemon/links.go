package daemon

import (
	"fmt"
	"log/slog"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta"
	"github.com/ctibridge/ctibridge/pbx/sip"
	"github.com/ctibridge/ctibridge/pbx/sip/mirror"
)

// openLink makes the link of a configured switch. With a memory its
// subscriptions outlive a restart; without one it leaves none behind.
func openLink(c pbx.LinkConfig, log *slog.Logger, memory sip.Memory) (pbx.Link, error) {
	log = log.With("link", c.Name)
	switch c.Type {
	case "sip":
		return sip.New(c, sip.Options{Logger: log, Memory: memory})
	case "hep":
		return mirror.New(c, mirror.Options{Logger: log})
	case "csta":
		return csta.New(c, csta.Options{Logger: log, Internal: internalBy(c.DialPlan)})
	default:
		return nil, fmt.Errorf("link %s: type %q is not known: use sip, hep or csta", c.Name, c.Type)
	}
}

// internalBy tells a switch's own extensions by its dial plan.
func internalBy(p pbx.DialPlan) func(number string) bool {
	plan := lookup.DialPlan(p)
	return func(number string) bool {
		_, kind := plan.Parse(number)
		return kind == lookup.KindInternal
	}
}

// wiring is a link's configuration, with that of the other one where a mirror
// runs beside a SIP link: if one of the two changes, both start anew.
type wiring struct {
	pbx.LinkConfig
	partner pbx.LinkConfig // its Name is empty if there is none
}

// within tells a mirror that runs within a SIP link.
func (w wiring) within() bool { return w.Type == "hep" && w.partner.Name != "" }

// wire finds the pairs. Of several mirrors beside one link the first counts; the
// others, and one whose link does not exist, run by themselves.
func wire(configs []pbx.LinkConfig) map[string]wiring {
	out := make(map[string]wiring, len(configs))
	for _, c := range configs {
		out[c.Name] = wiring{LinkConfig: c}
	}
	for _, c := range configs {
		main, found := out[c.Beside]
		if c.Type != "hep" || !found || main.Type != "sip" || main.partner.Name != "" {
			continue
		}
		main.partner = c
		out[c.Beside], out[c.Name] = main, wiring{LinkConfig: c, partner: main.LinkConfig}
	}
	return out
}
