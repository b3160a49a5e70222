package salesforcetest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signIn posts to the token endpoint and gives status and reply.
func signIn(t *testing.T, o *Org, form url.Values) (int, map[string]string) {
	t.Helper()
	reply, err := http.PostForm(o.URL()+tokenPath, form)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var v map[string]string
	if err := json.NewDecoder(reply.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, v
}

func TestAssertions(t *testing.T) {
	o := call(t, Options{Sandbox: true}).org
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o.RegisterKey(&key.PublicKey)
	o.Approve(o.Users()[0].ID)
	good := func() jwt.MapClaims {
		return jwt.MapClaims{
			"iss": o.ClientID(), "sub": "bridge@example.com", "aud": "https://test.salesforce.com/",
			"exp": time.Now().Add(3 * time.Minute).Unix(), "jti": rand.Text(),
		}
	}
	present := func(claims jwt.MapClaims, method jwt.SigningMethod, key any) string {
		t.Helper()
		text, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		_, v := signIn(t, o, url.Values{"grant_type": {jwtGrant}, "assertion": {text}})
		return v["error"] + v["error_description"]
	}
	replayed := good()
	for name, tt := range map[string]struct {
		change func(jwt.MapClaims)
		want   string
	}{
		"good":           {func(jwt.MapClaims) {}, ""},
		"org's address":  {func(c jwt.MapClaims) { c["aud"] = o.URL() }, ""},
		"production":     {func(c jwt.MapClaims) { c["aud"] = "https://login.salesforce.com" }, "invalid_grantaudience is invalid"},
		"expired":        {func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Second).Unix() }, "invalid_grantexpired authorization code"},
		"far away":       {func(c jwt.MapClaims) { c["exp"] = time.Now().Add(time.Hour).Unix() }, "invalid_grantinvalid assertion"},
		"without end":    {func(c jwt.MapClaims) { delete(c, "exp") }, "invalid_grantinvalid assertion"},
		"another app":    {func(c jwt.MapClaims) { c["iss"] = "x" }, "invalid_client_idclient identifier invalid"},
		"unknown":        {func(c jwt.MapClaims) { c["sub"] = "x@example.com" }, "invalid_grantinvalid assertion"},
		"without a name": {func(c jwt.MapClaims) { delete(c, "jti") }, ""},
	} {
		claims := good()
		tt.change(claims)
		if got := present(claims, jwt.SigningMethodRS256, key); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	if got := present(replayed, jwt.SigningMethodRS256, key); got != "" {
		t.Error("first use:", got)
	}
	if got := present(replayed, jwt.SigningMethodRS256, key); got != "invalid_grantinvalid assertion" {
		t.Errorf("replay: %q", got)
	}
	if got := present(good(), jwt.SigningMethodRS256, other); got == "" {
		t.Error("an unknown key is taken")
	}
	if got := present(good(), jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType); got == "" {
		t.Error("no signature is taken")
	}
	if got := present(good(), jwt.SigningMethodHS256, []byte(o.ClientSecret())); got == "" {
		t.Error("a shared secret is taken")
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	c := call(t, Options{})
	verifier := strings.Repeat("v", 43)
	sum := "HGJkQWTRgPOD6nmRlIB4QvfvXvTZN_hNpwDqz4lsQuo" // not of the verifier
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.org.ClientID()}, "redirect_uri": {"https://cti.example.com/back"}, "state": {"s"},
		"scope": {"api refresh_token"}, "code_challenge": {sum}, "code_challenge_method": {"S256"},
	}
	visit := func() url.Values {
		t.Helper()
		browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		reply, err := browser.Get(c.org.URL() + authorizePath + "?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		back, err := reply.Location()
		if err != nil {
			return url.Values{"status": {reply.Status}}
		}
		return back.Query()
	}
	redeem := func(code string) string {
		t.Helper()
		_, v := signIn(t, c.org, url.Values{
			"grant_type": {"authorization_code"}, "client_id": {c.org.ClientID()}, "code": {code}, "code_verifier": {verifier},
			"redirect_uri": {"https://cti.example.com/back"},
		})
		return v["error_description"] + map[bool]string{true: "refresh"}[v["refresh_token"] != ""]
	}
	if got := redeem(visit().Get("code")); got != "invalid code verifier" {
		t.Errorf("wrong verifier: %q", got)
	}
	q.Set("code_challenge", challengeOf(verifier))
	code := visit().Get("code")
	if got := redeem(code); got != "refresh" {
		t.Errorf("first use: %q", got)
	}
	if got := redeem(code); got != "expired authorization code" {
		t.Errorf("second use: %q", got)
	}
	code = visit().Get("code")
	c.org.SetClockSkew(11 * time.Minute)
	if got := redeem(code); got != "expired authorization code" {
		t.Errorf("after eleven minutes: %q", got)
	}
	q.Del("code_challenge")
	if got := visit().Get("error"); got != "invalid_request" {
		t.Errorf("without a challenge: %q", got)
	}
	c.org.SetCallbacks("https://other.example.com/back")
	if got := visit().Get("status"); !strings.HasPrefix(got, "400") {
		t.Errorf("unknown callback: %q", got)
	}
}

func TestRefreshTokens(t *testing.T) {
	c := call(t, Options{})
	use := func(token string) (string, string) {
		_, v := signIn(t, c.org, url.Values{"grant_type": {"refresh_token"}, "client_id": {c.org.ClientID()}, "refresh_token": {token}})
		return v["error_description"], v["refresh_token"]
	}
	token := c.org.NewRefreshToken(c.org.Users()[0].ID)
	for range 2 {
		if refused, next := use(token); refused+next != "" {
			t.Errorf("%s, %s", refused, next)
		}
	}
	c.org.RotateRefreshTokens(true)
	_, next := use(token)
	if refused, _ := use(token); refused != "expired access/refresh token" || next == "" {
		t.Errorf("replaced token: %q", refused)
	}
	if refused, _ := use(next); refused != "" {
		t.Errorf("its successor: %q", refused)
	}
}

func TestKeys(t *testing.T) {
	c := call(t, Options{})
	status, v := c.do("GET", "/id/keys", nil)
	jwk := v.(map[string]any)["keys"].([]any)[0].(map[string]any)
	n, err1 := base64.RawURLEncoding.DecodeString(jwk["n"].(string))
	e, err2 := base64.RawURLEncoding.DecodeString(jwk["e"].(string))
	if status != 200 || err1 != nil || err2 != nil || jwk["kid"] != TicketKeyID {
		t.Fatalf("%d %v", status, jwk)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	ticket, err := c.org.Ticket(c.org.Users()[0].ID, "https://cti.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.Parse(ticket, func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"RS256"})); err != nil {
		t.Error(err)
	}
}

func TestVersions(t *testing.T) {
	c := call(t, Options{})
	c.org.SetVersions(63, 68)
	_, v := c.do("GET", "/services/data", nil)
	var labels []string
	for _, one := range v.([]any) {
		m := one.(map[string]any)
		labels = append(labels, m["version"].(string)+" "+m["label"].(string))
	}
	if got := strings.Join(labels, ", "); got != "63.0 Spring '25, 64.0 Summer '25, 65.0 Winter '26, 66.0 Spring '26, 67.0 Summer '26, 68.0 Winter '27" {
		t.Error(got)
	}
	for version, want := range map[string]int{"v62.0": 410, "v63.0": 200, "v69.0": 404, "v6x": 404} {
		if status, _ := c.do("GET", "/services/data/"+version+"/limits", nil); status != want {
			t.Errorf("%s: status %d, want %d", version, status, want)
		}
	}
}
