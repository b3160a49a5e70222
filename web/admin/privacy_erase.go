package admin

import (
	"fmt"
	"net/http"
)

// privacyErase asks, and erases what is kept of somebody once it is confirmed.
func (p *panel) privacyErase(w http.ResponseWriter, r *http.Request) error {
	s, ok, err := p.subject(w, r)
	if err != nil || !ok {
		return err
	}
	say := p.say(r)
	if r.PostForm.Get("confirmed") != "yes" {
		return p.confirm(w, r, "calls", confirmView{
			Title: say("privacy.erase.title"), Text: say(fmt.Sprintf("privacy.erase.%s", s.Kind), s.Value), Button: say("privacy.erase"),
			Action: "/admin/calls/privacy/erase", Back: "/admin/calls/privacy", Destructive: true,
			Hidden: map[string]string{"kind": s.Kind, "value": s.Value, "confirmed": "yes"},
		})
	}
	done, err := p.journal.ErasePersonalData(r.Context(), p.actor(r), s)
	if err != nil {
		return err
	}
	l := p.lang(r)
	return p.done(w, r, "/admin/calls/privacy", say("privacy.erased", l.count(int(done.Calls)), l.count(done.Records)))
}
