package admin

import "net/http"

// orgAddressAsk asks before a new address for outbound messages is made: it
// makes the last but one worthless.
func (p *panel) orgAddressAsk(w http.ResponseWriter, r *http.Request) error {
	c, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	say := p.say(r)
	return p.confirm(w, r, "orgs", confirmView{
		Title: say("org.address.title"), Text: say("org.address.text", c.Name), Button: say("org.address.make"),
		Action: "/admin/orgs/" + c.ID + "/address", Back: "/admin/orgs/" + c.ID,
	})
}

// orgAddress makes the address and shows it this once.
func (p *panel) orgAddress(w http.ResponseWriter, r *http.Request) error {
	c, _, err := p.storedOrg(r, r.PathValue("org"))
	if err != nil {
		return err
	}
	secret, err := p.config.NewOutboundSecret(r.Context(), p.actor(r), c.ID)
	if err != nil {
		return err
	}
	say := p.say(r)
	return p.once(w, r, onceView{
		Title: say("org.address.title"), Text: say("org.address.done"), Label: say("org.address"),
		Secret: p.public + "/salesforce/outbound-message/" + c.ID + "/" + secret, Back: "/admin/orgs/" + c.ID,
	})
}
