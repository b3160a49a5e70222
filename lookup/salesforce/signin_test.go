package salesforce_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// testKey is made once: RSA keys take their time.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pemOf(key *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

const (
	runAsName = "bridge@example.com"
	runAsWord = "correct-horse & <battery>"
	runAsMark = "S3cur1tyT0ken0123"
)

var kinds = []string{salesforce.ClientCredentials, salesforce.JWTBearer, salesforce.WebServer, salesforce.Password}

// configOf makes an org let the kind of sign-in in, and gives the configuration for it.
func configOf(org *salesforcetest.Org, kind string) salesforce.Config {
	c := configFor(org)
	c.SignIn.Kind = kind
	switch kind {
	case salesforce.JWTBearer:
		org.RegisterKey(&testKey().PublicKey)
		org.Approve(org.Users()[0].ID)
		c.ClientSecret = ""
		c.SignIn.Username, c.SignIn.PrivateKey = runAsName, pemOf(testKey())
	case salesforce.WebServer:
		c.SignIn.RefreshToken = org.NewRefreshToken(org.Users()[0].ID)
	case salesforce.Password:
		org.SetPassword(runAsName, runAsWord, runAsMark)
		c.ClientID, c.ClientSecret = "", ""
		c.SignIn.Username, c.SignIn.Password, c.SignIn.SecurityToken = runAsName, runAsWord, " "+runAsMark+"\n"
	}
	return c
}

func TestEachKindSignsIn(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			c := newClient(t, configOf(org, kind))
			id, err := c.Identity(t.Context())
			if err != nil {
				t.Fatal(err, salesforce.Cure(err))
			}
			if id.OrgID != org.ID() || id.UserID != org.Users()[0].ID || id.InstanceURL != org.URL() {
				t.Errorf("identity is %+v, want org %s as user %s at %s", id, org.ID(), org.Users()[0].ID, org.URL())
			}
			if _, err := c.Describe(t.Context(), "Contact"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEachKindSignsInAnewOnce: of many requests whose session has expired, one signs in.
func TestEachKindSignsInAnewOnce(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			org.RotateRefreshTokens(true)
			c := newClient(t, configOf(org, kind))
			door := "/token"
			if kind == salesforce.Password {
				door = "/Soap/"
			}
			for round := 1; round <= 3; round++ {
				var group sync.WaitGroup
				for range 20 {
					group.Go(func() {
						if _, err := c.Describe(t.Context(), "Lead"); err != nil {
							t.Error(err)
						}
					})
				}
				group.Wait()
				if n := org.Requests(door); n != round {
					t.Fatalf("round %d: %d sign-ins, want %d", round, n, round)
				}
				org.ExpireSessions()
			}
		})
	}
}

type doorFault struct {
	name string
	kind string
	set  func(*salesforcetest.Org, *salesforce.Config)
	code string
	cure string // a word of it
}

func fault(path, code, message string) func(*salesforcetest.Org, *salesforce.Config) {
	return func(o *salesforcetest.Org, _ *salesforce.Config) {
		o.Inject(salesforcetest.Fault{Path: path, Code: code, Message: message, Times: -1})
	}
}

func skewed(by time.Duration) func(*salesforcetest.Org, *salesforce.Config) {
	return func(o *salesforcetest.Org, _ *salesforce.Config) { o.SetClockSkew(by) }
}

func elsewhere(o *salesforcetest.Org, _ *salesforce.Config) {
	o.AllowAddresses(netip.MustParsePrefix("192.0.2.0/24"))
}

func nobodyActive(o *salesforcetest.Org, _ *salesforce.Config) {
	if err := o.Update("User", o.Users()[0].ID, salesforcetest.Fields{"IsActive": "false"}); err != nil {
		panic(err)
	}
}

var otherKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const (
	bearer = salesforce.JWTBearer
	server = salesforce.WebServer
	soap   = salesforce.Password
)

var doorFaults = []doorFault{
	{"clock behind", bearer, skewed(10 * time.Minute), "CLOCK_SKEW", "NTP"},
	{"clock ahead", bearer, skewed(-10 * time.Minute), "CLOCK_SKEW", "NTP"},
	{"not pre-authorised", bearer, func(o *salesforcetest.Org, c *salesforce.Config) {
		c.SignIn.Username = o.AddUser(salesforcetest.User{LastName: "New", Username: "new@example.com"}).Username
	}, "invalid_grant", "pre-authorised"},
	{"another certificate", bearer, func(_ *salesforcetest.Org, c *salesforce.Config) { c.SignIn.PrivateKey = pemOf(otherKey()) }, "invalid_grant", "certificate"},
	{"unknown user", bearer, func(_ *salesforcetest.Org, c *salesforce.Config) { c.SignIn.Username = "nobody@example.com" }, "invalid_grant", "user name"},
	{"sandbox taken for production", bearer, func(_ *salesforcetest.Org, c *salesforce.Config) { c.SignIn.Sandbox = true }, "invalid_grant", "sandbox"},
	{"unknown app", bearer, func(_ *salesforcetest.Org, c *salesforce.Config) { c.ClientID = "other" }, "invalid_client_id", "consumer key"},
	{"flow not enabled", bearer, fault("/token", "unsupported_grant_type", ""), "unsupported_grant_type", "JWT bearer"},
	{"inactive user", bearer, nobodyActive, "inactive_user", "inactive"},
	{"IP range", bearer, elsewhere, "invalid_grant", "IP range"},
	{"expired by the wire", bearer, fault("/token", "invalid_grant", "expired authorization code"), "invalid_grant", "NTP"},
	{"locked", bearer, fault("/token", "invalid_grant", "user is locked"), "invalid_grant", "Unlock"},

	{"revoked", server, func(o *salesforcetest.Org, _ *salesforce.Config) { o.RevokeRefreshTokens() }, "invalid_grant", "sign in to Salesforce for the bridge again"},
	{"wrong secret", server, func(_ *salesforcetest.Org, c *salesforce.Config) { c.ClientSecret = "another-secret" }, "invalid_client", "consumer secret"},
	{"inactive user", server, nobodyActive, "inactive_user", "inactive"},
	{"IP range", server, elsewhere, "invalid_grant", "IP range"},
	{"flow not enabled", server, fault("/token", "unsupported_grant_type", ""), "unsupported_grant_type", "authorization code flow"},

	{"wrong password", soap, func(_ *salesforcetest.Org, c *salesforce.Config) { c.SignIn.Password = "wrong-password" }, "INVALID_LOGIN", "locked"},
	{"no security token", soap, func(_ *salesforcetest.Org, c *salesforce.Config) { c.SignIn.SecurityToken = "" }, "LOGIN_MUST_USE_SECURITY_TOKEN", "Reset My Security Token"},
	{"switched off", soap, func(o *salesforcetest.Org, _ *salesforce.Config) { o.AllowSOAPLogin(false) }, "INVALID_OPERATION", "client credentials"},
	{"IP range", soap, elsewhere, "LOGIN_DURING_RESTRICTED_DOMAIN", "IP range"},
	{"no API", soap, fault("/Soap/", "API_DISABLED_FOR_ORG", ""), "API_DISABLED_FOR_ORG", "add-on"},
	{"user without API", soap, fault("/Soap/", "API_CURRENTLY_DISABLED", ""), "API_CURRENTLY_DISABLED", "API Enabled"},
	{"locked", soap, fault("/Soap/", "PASSWORD_LOCKOUT", "locked"), "PASSWORD_LOCKOUT", "Unlock"},
	{"hours", soap, fault("/Soap/", "LOGIN_DURING_RESTRICTED_TIME", "now"), "LOGIN_DURING_RESTRICTED_TIME", "Login Hours"},
	{"retired", soap, fault("/Soap/", "UNSUPPORTED_API_VERSION", "login() has retired"), "UNSUPPORTED_API_VERSION", "client credentials"},
	{"trial", soap, fault("/Soap/", "TRIAL_EXPIRED", "over"), "TRIAL_EXPIRED", "trial"},
	{"page instead", soap, func(o *salesforcetest.Org, _ *salesforce.Config) {
		o.Inject(salesforcetest.Fault{Path: "/Soap/", Kind: salesforcetest.FaultHTML, Times: -1})
	}, "NOT_JSON", "web page"},
	{"redirect", soap, func(o *salesforcetest.Org, _ *salesforce.Config) {
		o.Inject(salesforcetest.Fault{Path: "/Soap/", Kind: salesforcetest.FaultRedirect, Message: "https://other.example.com/x?secret=1"})
	}, "REDIRECT", "My Domain"},
	{"page instead", salesforce.ClientCredentials, func(o *salesforcetest.Org, _ *salesforce.Config) {
		o.Inject(salesforcetest.Fault{Path: "/token", Kind: salesforcetest.FaultHTML, Times: -1})
	}, "NOT_JSON", "web page"},
	{"version too new", salesforce.ClientCredentials, func(_ *salesforcetest.Org, c *salesforce.Config) { c.APIVersion = "99" }, "NO_SUCH_VERSION", "highest"},
	{"IP range", salesforce.ClientCredentials, elsewhere, "invalid_grant", "IP range"},
}

func TestEveryKindsFailuresNameTheirCure(t *testing.T) {
	for _, tt := range doorFaults {
		t.Run(tt.kind+"/"+tt.name, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			c := configOf(org, tt.kind)
			c.Retries = -1
			tt.set(org, &c)
			_, err := newClient(t, c).OrgID(t.Context())
			var e *salesforce.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want *salesforce.Error", err)
			}
			if e.Code != tt.code || !strings.Contains(e.Cure(), tt.cure) {
				t.Errorf("%v: code %q with cure %q, want %q with %q", err, e.Code, e.Cure(), tt.code, tt.cure)
			}
			noSecrets(t, c, err.Error()+e.Cure())
		})
	}
}

// noSecrets fails if text holds a secret of c.
func noSecrets(t *testing.T, c salesforce.Config, text string) {
	t.Helper()
	for name, secret := range map[string]string{
		"client secret": c.ClientSecret, "key": strings.Split(c.SignIn.PrivateKey+"\n\n\n", "\n")[2], "refresh token": c.SignIn.RefreshToken,
		"password": c.SignIn.Password, "security token": strings.TrimSpace(c.SignIn.SecurityToken), "proxy password": c.Proxy.Password,
		"redirect": "secret=1", "session": "!AQ.toy.session",
	} {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("the %s stands in %q", name, text)
		}
	}
}

// TestNoKindTellsItsSecrets has the org throw every secret back at the client.
func TestNoKindTellsItsSecrets(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			var log bytes.Buffer
			org := startOrg(t, salesforcetest.Options{})
			c := configOf(org, kind)
			c.Retries = 1
			c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			echo := fmt.Sprint("you sent ", c.ClientSecret, " ", c.SignIn.PrivateKey, " ", c.SignIn.RefreshToken, " ", c.SignIn.Password, " ", strings.TrimSpace(c.SignIn.SecurityToken))
			org.Inject(salesforcetest.Fault{Path: "/token", Code: "invalid_grant", Message: echo})
			org.Inject(salesforcetest.Fault{Path: "/Soap/", Code: "INVALID_LOGIN", Message: echo})
			client := newClient(t, c)
			_, err := client.OrgID(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			if _, err := client.OrgID(salesforce.ByHand(t.Context())); err != nil {
				t.Fatal(err)
			}
			org.Inject(salesforcetest.Fault{Path: "/describe", Code: "UNKNOWN_EXCEPTION", Message: echo + org.ID()[:15] + "!AQ.toy.session.1"})
			_, err2 := client.Describe(t.Context(), "Contact")
			c.Logger.Info("config", "config", c, "signin", c.SignIn, "proxy", c.Proxy)
			c.Proxy = salesforce.Proxy{URL: "http://proxy.example.com", Username: "u", Password: "proxy-password"}
			noSecrets(t, c, log.String()+fmt.Sprintf("%v %v %v %+v %#v %v %#v %v %#v", err, err2, c, c, c, c.SignIn, c.SignIn, c.Proxy, c.Proxy))
		})
	}
}

func TestRefusedPasswordIsNotSentAgain(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	c := configOf(org, salesforce.Password)
	good := c.SignIn.Password
	c.SignIn.Password = "wrong-password"
	client := newClient(t, c)
	for range 30 {
		if _, err := client.OrgID(t.Context()); err == nil {
			t.Fatal("a wrong password is taken")
		}
	}
	if n := org.Requests("/Soap/"); n != 1 || org.LockedOut(runAsName) {
		t.Errorf("%d sign-ins with a wrong password, want 1; locked: %t", n, org.LockedOut(runAsName))
	}
	if _, err := client.OrgID(salesforce.ByHand(t.Context())); err == nil || org.Requests("/Soap/") != 2 {
		t.Errorf("by hand: %v after %d sign-ins, want one more", err, org.Requests("/Soap/"))
	}
	org.SetPassword(runAsName, "wrong-password", runAsMark) // it is the right one now
	if _, err := client.OrgID(salesforce.ByHand(t.Context())); err != nil || good == "" {
		t.Errorf("by hand, mended: %v", err)
	}
}

func TestRotatedRefreshTokenIsStored(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.RotateRefreshTokens(true)
	c := configOf(org, salesforce.WebServer)
	stored, failing, calls := c.SignIn.RefreshToken, true, 0
	c.SignIn.StoreRefreshToken = func(_ context.Context, old, next string) error {
		calls++
		if old != stored {
			t.Errorf("call %d: old is not the stored token", calls)
		}
		if failing {
			return errors.New("disk full")
		}
		stored = next
		return nil
	}
	client := newClient(t, c)
	signIn := func() {
		t.Helper()
		if _, err := client.Describe(t.Context(), "Lead"); err != nil {
			t.Fatal(err)
		}
		org.ExpireSessions()
	}
	signIn()
	if client.RefreshTokenStored() {
		t.Error("a token that could not be stored is told to be")
	}
	signIn()
	failing = false
	signIn()
	if !client.RefreshTokenStored() || calls != 3 {
		t.Errorf("not stored after %d calls", calls)
	}
	// Another process with the stored token comes in, one with the first does not.
	again := c
	again.SignIn.RefreshToken = stored
	if _, err := newClient(t, again).OrgID(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := newClient(t, c).OrgID(t.Context()); err == nil {
		t.Error("a replaced token is still good")
	}
}

func TestNewRefusesIncompleteSignIns(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // a key that must be refused
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
	locked := "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
	base := func(kind string) salesforce.Config {
		return salesforce.Config{InstanceURL: "acme.my.salesforce.com", ClientID: "key", SignIn: salesforce.SignIn{
			Kind: kind, Username: "a@example.com", PrivateKey: pemOf(testKey()), RefreshToken: "r", Password: "p",
		}}
	}
	for name, tt := range map[string]struct {
		kind, want string
		spoil      func(*salesforce.Config)
	}{
		"unknown kind":     {"device", "no kind", func(*salesforce.Config) {}},
		"no user":          {bearer, "user name", func(c *salesforce.Config) { c.SignIn.Username = " " }},
		"no key":           {bearer, "private key is empty", func(c *salesforce.Config) { c.SignIn.PrivateKey = "" }},
		"no PEM":           {bearer, "not PEM", func(c *salesforce.Config) { c.SignIn.PrivateKey = "abc" }},
		"certificate":      {bearer, "the certificate, not", func(c *salesforce.Config) { c.SignIn.PrivateKey = public }},
		"passphrase":       {bearer, "passphrase", func(c *salesforce.Config) { c.SignIn.PrivateKey = locked }},
		"short key":        {bearer, "1024 bits", func(c *salesforce.Config) { c.SignIn.PrivateKey = pemOf(small) }},
		"no consumer key":  {bearer, "consumer key", func(c *salesforce.Config) { c.ClientID = "" }},
		"no refresh token": {server, "nobody has signed in", func(c *salesforce.Config) { c.SignIn.RefreshToken = "" }},
		"no password":      {soap, "password is empty", func(c *salesforce.Config) { c.SignIn.Password = "" }},
		"login address":    {server, "sign in at", func(c *salesforce.Config) { c.SignIn.LoginURL = "http://example.com" }},
		"API address":      {server, "API's address", func(c *salesforce.Config) { c.APIURL = "ftp://example.com" }},
		"CA":               {server, "no certificate", func(c *salesforce.Config) { c.CA = "abc" }},
		"proxy":            {server, "proxy's address", func(c *salesforce.Config) { c.Proxy.URL = "socks4://x" }},
		"proxy's user":     {server, "their own fields", func(c *salesforce.Config) { c.Proxy.URL = "http://u:p@proxy.example.com" }},
		"exception": {server, "exception", func(c *salesforce.Config) {
			c.Proxy = salesforce.Proxy{URL: "proxy.example.com", Exceptions: []string{"a b"}}
		}},
		"requests":      {server, "at once", func(c *salesforce.Config) { c.Requests = 100 }},
		"odd transport": {server, "http.Transport", func(c *salesforce.Config) { c.CA, c.HTTPClient = public, &http.Client{Transport: wire(nil)} }},
	} {
		c := base(tt.kind)
		tt.spoil(&c)
		if _, err := salesforce.New(c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	for _, text := range []string{strings.ReplaceAll(pemOf(testKey()), "\n", `\n`), strings.ReplaceAll(pemOf(testKey()), "\n", "\r\n"), pkcs8(t)} {
		if _, err := salesforce.ParsePrivateKey(text); err != nil {
			t.Error(err)
		}
	}
}

func pkcs8(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(testKey())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
