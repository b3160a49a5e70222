package salesforcetest

import (
	"maps"
	"net/http"
	"strings"
)

// identityRoutes are who is signed in, and what an OpenID client looks up first.
func (o *Org) identityRoutes(mux *http.ServeMux, api func(string, func(http.ResponseWriter, *http.Request) error)) {
	api("GET /services/oauth2/userinfo", o.serveUserInfo)
	api("GET /id/{org}/{user}", o.serveIdentity)
	mux.HandleFunc("GET /.well-known/openid-configuration", o.serveDiscovery)
	mux.HandleFunc("POST /services/oauth2/revoke", o.serveRevoke)
}

// whoAsks is the user whose session a request has.
func (o *Org) whoAsks(r *http.Request) (User, error) {
	o.mu.RLock()
	id := o.sessions[tokenOf(r)]
	o.mu.RUnlock()
	u, err := o.user(id)
	if err != nil {
		return User{}, apiError(403, "Bad_OAuth_Token", "Bad_OAuth_Token")
	}
	return u, nil
}

// serveUserInfo is OpenID's user info of whoever asks.
func (o *Org) serveUserInfo(w http.ResponseWriter, r *http.Request) error {
	u, err := o.whoAsks(r)
	if err != nil {
		return err
	}
	writeJSON(w, 200, o.claims(r, u))
	return nil
}

func (o *Org) claims(r *http.Request, u User) map[string]any {
	base := o.base(r)
	return map[string]any{
		"sub": base + "/id/" + o.id + "/" + u.ID, "user_id": u.ID, "organization_id": o.id, "preferred_username": u.Username,
		"name": strings.TrimSpace(u.FirstName + " " + u.LastName), "given_name": u.FirstName, "family_name": u.LastName,
		"email": u.Email, "email_verified": true, "active": !u.Inactive,
		"urls": map[string]string{"rest": base + "/services/data/v{version}/", "sobjects": base + "/services/data/v{version}/sobjects/"},
	}
}

// serveIdentity is the identity URL of the token reply. Users see themselves only,
// unless they may see all; the run-as user may here.
func (o *Org) serveIdentity(w http.ResponseWriter, r *http.Request) error {
	asking, err := o.whoAsks(r)
	if err != nil {
		return err
	}
	u, err := o.user(r.PathValue("user"))
	if err != nil || !strings.HasPrefix(o.id, r.PathValue("org")) || len(r.PathValue("org")) < 15 {
		return apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	identity := o.claims(r, u)
	maps.Copy(identity, map[string]any{
		"id": identity["sub"], "asserted_user": u.ID == asking.ID, "username": u.Username, "display_name": identity["name"],
		"first_name": u.FirstName, "last_name": u.LastName, "user_type": "STANDARD", "is_app_installed": true,
		"language": "de", "locale": "de_DE", "timezone": "Europe/Berlin",
	})
	delete(identity, "sub")
	writeJSON(w, 200, identity)
	return nil
}

// serveDiscovery is OpenID Connect Discovery 1.0 section 4, as far as clients of the API look.
func (o *Org) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	base := o.base(r)
	writeJSON(w, 200, map[string]any{
		"issuer": base, "authorization_endpoint": base + authorizePath, "token_endpoint": base + tokenPath,
		"revocation_endpoint": base + "/services/oauth2/revoke", "userinfo_endpoint": base + "/services/oauth2/userinfo",
		"jwks_uri":                              base + "/id/keys",
		"scopes_supported":                      []string{"api", "openid", "refresh_token"},
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

// serveRevoke ends a session, or a refresh token with its sessions (RFC 7009).
func (o *Org) serveRevoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	token := r.FormValue("token")
	o.mu.Lock()
	defer o.mu.Unlock()
	_, session := o.sessions[token]
	user, refresh := o.door.refresh[token]
	if !session && !refresh {
		writeOAuthError(w, 400, "unsupported_token_type", "this token type is not supported")
		return
	}
	delete(o.sessions, token)
	delete(o.door.refresh, token)
	maps.DeleteFunc(o.sessions, func(_, of string) bool { return refresh && of == user })
	w.WriteHeader(http.StatusOK)
}
