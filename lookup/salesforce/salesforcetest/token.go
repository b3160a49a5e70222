package salesforcetest

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	authorizePath = "/services/oauth2/authorize"
	jwtGrant      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	codeLife      = 10 * time.Minute
	// longestAssertion is how far away an assertion's end may be.
	longestAssertion = 5 * time.Minute
)

func (o *Org) signInRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+tokenPath, o.serveToken)
	mux.HandleFunc("GET "+authorizePath, o.serveAuthorize)
	mux.HandleFunc("POST "+soapPath+"{version}", o.serveSOAP)
	mux.HandleFunc("POST "+soapPath+"{version}/{org}", o.serveSOAP)
	mux.HandleFunc("GET /id/keys", o.serveKeys)
}

func randomText() string { return rand.Text() }

// oauthRefusal is what the token endpoint refuses with (RFC 6749 section 5.2).
type oauthRefusal struct{ code, description string }

func refuse(code, description string) *oauthRefusal { return &oauthRefusal{code, description} }

// serveToken is the OAuth 2.0 token endpoint.
func (o *Org) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	user, refresh, refused := o.grant(r)
	switch {
	case refused != nil:
	case !o.admitted(r):
		refused = refuse("invalid_grant", "ip restricted")
	default:
		refused = o.checkActive(user)
	}
	if refused != nil {
		writeOAuthError(w, 400, refused.code, refused.description)
		return
	}
	reply := map[string]string{
		"access_token": o.startSession(user),
		"instance_url": o.base(r),
		"id":           o.base(r) + "/id/" + o.id + "/" + user,
		"token_type":   "Bearer",
		"issued_at":    strconv.FormatInt(o.options.Now().UnixMilli(), 10),
		"signature":    "dG95LXNpZ25hdHVyZQ==",
		"scope":        "api",
	}
	if refresh != "" {
		reply["refresh_token"], reply["scope"] = refresh, "refresh_token api"
	}
	writeJSON(w, 200, reply)
}

func (o *Org) checkActive(id string) *oauthRefusal {
	o.mu.RLock()
	defer o.mu.RUnlock()
	row, known := o.tables["user"].byID[id]
	if !known || o.tables["user"].user(row).Inactive {
		return refuse("inactive_user", "user is inactive")
	}
	return nil
}

// grant checks what is presented and gives the user it stands for, and a
// refresh token where one belongs into the reply.
func (o *Org) grant(r *http.Request) (user, refresh string, refused *oauthRefusal) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	kind := r.PostFormValue("grant_type")
	switch {
	case kind == jwtGrant:
		user, refused = o.assertedUser(r.PostFormValue("assertion"))
		return user, "", refused
	case !slices.Contains([]string{"client_credentials", "authorization_code", "refresh_token"}, kind):
		return "", "", refuse("unsupported_grant_type", "grant type not supported")
	case id != o.options.ClientID:
		return "", "", refuse("invalid_client_id", "client identifier invalid")
	// With PKCE or a refresh token the app may do without its secret.
	case secret != o.options.ClientSecret && (kind == "client_credentials" || secret != ""):
		return "", "", refuse("invalid_client", "invalid client credentials")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch kind {
	case "authorization_code":
		return o.redeem(r.PostForm)
	case "refresh_token":
		return o.renew(r.PostFormValue("refresh_token"))
	}
	if o.runAs == "" {
		return "", "", refuse("invalid_grant", "no client credentials user enabled")
	}
	return o.runAs, "", nil
}

// assertedUser checks a JWT assertion (RFC 7523 section 3) as Salesforce does.
func (o *Org) assertedUser(assertion string) (string, *oauthRefusal) {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(assertion, &claims, o.assertionKeys,
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(o.options.Now))
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.options.Now()
	user, known := o.byName(claims.Subject)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "", refuse("invalid_grant", "expired authorization code")
	case err != nil:
		return "", refuse("invalid_grant", "invalid assertion")
	case claims.Issuer != o.options.ClientID:
		return "", refuse("invalid_client_id", "client identifier invalid")
	case len(claims.Audience) != 1 || !slices.Contains(o.audiences(), trimSlash(claims.Audience[0])):
		return "", refuse("invalid_grant", "audience is invalid")
	case claims.ExpiresAt.After(now.Add(longestAssertion)):
		return "", refuse("invalid_grant", "invalid assertion")
	case !known:
		return "", refuse("invalid_grant", "invalid assertion")
	case !o.door.approved[user.ID]:
		return "", refuse("invalid_grant", "user hasn't approved this consumer")
	}
	for id, ends := range o.door.seen {
		if now.After(ends) {
			delete(o.door.seen, id)
		}
	}
	if _, replayed := o.door.seen[claims.ID]; replayed && claims.ID != "" {
		return "", refuse("invalid_grant", "invalid assertion")
	}
	o.door.seen[claims.ID] = claims.ExpiresAt.Time
	return user.ID, nil
}

func (o *Org) assertionKeys(*jwt.Token) (any, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var set jwt.VerificationKeySet
	for _, k := range o.door.keys {
		set.Keys = append(set.Keys, k)
	}
	return set, nil
}

func (o *Org) audiences() []string {
	if o.options.Sandbox {
		return []string{"https://test.salesforce.com", o.url}
	}
	return []string{"https://login.salesforce.com", o.url}
}

// redeem trades a code for a session and a refresh token (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
func (o *Org) redeem(form url.Values) (user, refresh string, refused *oauthRefusal) {
	code, ok := o.door.codes[form.Get("code")]
	delete(o.door.codes, form.Get("code"))
	switch {
	case !ok || o.options.Now().After(code.ends):
		return "", "", refuse("invalid_grant", "expired authorization code")
	case code.redirect != form.Get("redirect_uri"):
		return "", "", refuse("redirect_uri_mismatch", "redirect_uri must match configuration")
	case code.challenge != challengeOf(form.Get("code_verifier")):
		return "", "", refuse("invalid_grant", "invalid code verifier")
	}
	return code.user, o.newRefreshToken(code.user), nil
}

// challengeOf is S256 of a verifier (RFC 7636 section 4.2).
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64URL(sum[:])
}

func (o *Org) renew(token string) (user, refresh string, refused *oauthRefusal) {
	user, ok := o.door.refresh[token]
	if !ok {
		return "", "", refuse("invalid_grant", "expired access/refresh token")
	}
	if !o.door.rotate {
		return user, "", nil
	}
	delete(o.door.refresh, token)
	return user, o.newRefreshToken(user), nil
}

// serveAuthorize is the login page. It asks nobody: whoever SignInAs has named
// is signed in at once, and the browser goes back with the code.
func (o *Org) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case q.Get("client_id") != o.options.ClientID:
		http.Error(w, "error=invalid_client_id&error_description=client identifier invalid", http.StatusBadRequest)
		return
	case err != nil || back.Host == "" || len(o.door.callbacks) > 0 && !slices.Contains(o.door.callbacks, q.Get("redirect_uri")):
		http.Error(w, "error=redirect_uri_mismatch&error_description=redirect_uri must match configuration", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	user := o.door.visitor
	if user == "" {
		user = o.runAs
	}
	switch {
	case q.Get("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case q.Get("code_challenge") == "" || q.Get("code_challenge_method") != "S256":
		answer.Set("error", "invalid_request")
		answer.Set("error_description", "missing required code challenge")
	case !slices.Contains(strings.Fields(q.Get("scope")), "refresh_token"):
		answer.Set("error", "invalid_scope")
	case o.door.refusing:
		answer.Set("error", "access_denied")
		answer.Set("error_description", "end-user denied authorization")
	default:
		code := "aPrx" + randomText()
		o.door.codes[code] = authCode{user, q.Get("redirect_uri"), q.Get("code_challenge"), o.options.Now().Add(codeLife)}
		answer.Set("code", code)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}
