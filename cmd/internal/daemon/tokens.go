package daemon

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ctibridge/ctibridge/bridge"
)

func (o *office) tokens(w http.ResponseWriter, r *http.Request) {
	all, err := o.data.store.Tokens(r.Context())
	answer(w, all, err)
}

func (o *office) newToken(w http.ResponseWriter, r *http.Request) {
	token, err := o.data.store.NewToken(r.Context(), actor, r.PathValue("name"))
	answer(w, token, err)
}

func (o *office) deleteToken(w http.ResponseWriter, r *http.Request) {
	answer(w, struct{}{}, o.data.store.DeleteToken(r.Context(), actor, r.PathValue("name")))
}

// newOutboundAddress answers with the path of the address.
func (o *office) newOutboundAddress(w http.ResponseWriter, r *http.Request) {
	found, err := o.orgs.named(r.URL.Query().Get("org"))
	if err != nil {
		fail(w, err)
		return
	}
	org := found[0].config.ID
	secret, err := o.data.store.NewOutboundSecret(r.Context(), actor, org)
	answer(w, "/salesforce/outbound-message/"+org+"/"+secret, err)
}

// Tokens are those of the API that are good.
func (c *Client) Tokens(ctx context.Context) ([]bridge.Token, error) {
	var out []bridge.Token
	return out, c.do(ctx, http.MethodGet, "/tokens", nil, &out)
}

// NewToken makes a token of the API and tells it this once.
func (c *Client) NewToken(ctx context.Context, name string) (string, error) {
	var out string
	return out, c.do(ctx, http.MethodPost, "/tokens/"+url.PathEscape(name), nil, &out)
}

// DeleteToken makes a token worthless.
func (c *Client) DeleteToken(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/tokens/"+url.PathEscape(name), nil, nil)
}

// NewOutboundAddress makes the path of the address that an org is to post its
// outbound messages to, and tells it this once.
func (c *Client) NewOutboundAddress(ctx context.Context, org string) (string, error) {
	var out string
	return out, c.do(ctx, http.MethodPost, "/outbound-address?org="+url.QueryEscape(org), nil, &out)
}
