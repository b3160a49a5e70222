package salesforce

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Config says which org to talk to, as whom and how. InstanceURL and what the
// kind of sign-in needs have to be there, the rest has defaults.
type Config struct {
	// InstanceURL is the org's My Domain address as people paste it: blanks,
	// a path and the Lightning host name are put right by New.
	InstanceURL string
	// ClientID and ClientSecret are the consumer key and secret of the external
	// client app (or connected app). JWT bearer needs no secret, the web server
	// flow one only if the app asks for it, the password neither.
	ClientID, ClientSecret string
	// SignIn is how to sign in; with client credentials if it is empty.
	SignIn SignIn
	// APIURL is asked instead of the instance that the sign-in names.
	APIURL string
	// APIVersion is like "66.0", or HighestVersion; DefaultAPIVersion if empty.
	APIVersion string
	// Proxy carries all requests; what the environment says if it is empty.
	Proxy Proxy
	// CA holds certificates (PEM) that are trusted beside the system's.
	CA string
	// Requests is how many requests run at once; DefaultRequests if 0.
	Requests int
	// HTTPClient carries the requests; http.DefaultTransport with a time-out
	// of 130 s a request if nil. Redirects are never followed whatever it says.
	// With a Proxy or CA its Transport must be an *http.Transport or nil.
	HTTPClient *http.Client
	// Observe is told of each request when the head of its reply has come, from
	// the request's goroutine; it must not block.
	Observe func(Exchange)
	// Logger gets a line for each repeated request and each sign-in; none if nil.
	Logger *slog.Logger
	// UserAgent is what the org's event log shows.
	UserAgent string
	// BatchSize asks for pages of 200 to 2000 records; the org's default
	// (2000) if 0. The org may send shorter pages at any time.
	BatchSize int
	// Retries is how often a request that failed for a passing reason is
	// repeated: 4 if 0, never if negative.
	Retries int
	// Backoff is the mean wait before the first repetition, doubled for each
	// further one up to 30 s: 500 ms if 0.
	Backoff time.Duration
}

// Kinds of SignIn.
const (
	ClientCredentials = "clientCredentials" // RFC 6749 section 4.4
	JWTBearer         = "jwtBearer"         // RFC 7523
	WebServer         = "webServer"         // a refresh token (RFC 6749 section 6) from an Authorization
	Password          = "password"          // SOAP login(), which Salesforce ends in summer 2027
)

// SignIn is how a Client signs in.
type SignIn struct {
	Kind string // ClientCredentials if empty
	// Username is whom JWTBearer and Password sign in.
	Username string
	// PrivateKey (PEM, RSA) signs JWTBearer's assertions; the app holds its certificate.
	PrivateKey string
	// RefreshToken is what WebServer signs in with.
	RefreshToken string
	// StoreRefreshToken is told when the org has replaced a refresh token: from
	// then on only the next one is good. It is called before the new session is
	// used, one call at a time, and again at the next sign-in if it fails.
	StoreRefreshToken func(ctx context.Context, old, next string) error
	// Password and SecurityToken are Password's; a user who signs in from a
	// trusted address has no token.
	Password, SecurityToken string
	// LoginURL is asked instead of InstanceURL, and is JWTBearer's audience
	// instead of login.salesforce.com or, with Sandbox, test.salesforce.com.
	LoginURL string
	Sandbox  bool
}

// Proxy is an HTTP proxy.
type Proxy struct {
	URL                string // "http://proxy.example.com:3128"
	Username, Password string
	// Exceptions are hosts reached without it, written as in NO_PROXY: a name
	// stands for its subdomains as well, ".name" for them alone; addresses,
	// prefixes (10.0.0.0/8), a port behind a name, and "*".
	Exceptions []string
}

// String leaves the keys out, also where a Config is printed by mistake.
func (c Config) String() string { return "salesforce.Config{" + c.InstanceURL + "}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// LogValue leaves the keys out.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("instance", c.InstanceURL), slog.String("version", c.APIVersion))
}

// String leaves the secrets out.
func (s SignIn) String() string { return "salesforce.SignIn{" + s.Kind + "}" }

// GoString does the same for %#v.
func (s SignIn) GoString() string { return s.String() }

// LogValue leaves the secrets out.
func (s SignIn) LogValue() slog.Value { return slog.StringValue(s.Kind) }

// String leaves user, password and whatever stands in the address out.
func (p Proxy) String() string { return "salesforce.Proxy{}" }

// GoString does the same for %#v.
func (p Proxy) GoString() string { return p.String() }

// LogValue does the same in logs.
func (p Proxy) LogValue() slog.Value { return slog.StringValue(p.String()) }

// clean puts right what people paste, and refuses what cannot work.
func (c *Config) clean() (err error) {
	if c.InstanceURL, err = cleanInstanceURL(c.InstanceURL); err != nil {
		return err
	}
	if c.APIURL != "" {
		if c.APIURL, err = cleanInstanceURL(c.APIURL); err != nil {
			return fmt.Errorf("%w (the API's address)", err)
		}
	}
	c.ClientID, c.ClientSecret = cleanKey(c.ClientID), cleanKey(c.ClientSecret)
	if err = c.SignIn.clean(c.ClientID, c.ClientSecret); err != nil {
		return err
	}
	if c.APIVersion, err = cleanVersion(c.APIVersion); err != nil {
		return err
	}
	switch {
	case c.BatchSize != 0 && (c.BatchSize < 200 || c.BatchSize > 2000):
		return fmt.Errorf("salesforce: batch size %d is not between 200 and 2000", c.BatchSize)
	case c.Requests < 0 || c.Requests > maxRequests:
		return fmt.Errorf("salesforce: %d requests at once are not between 1 and %d", c.Requests, maxRequests)
	}
	c.setDefaults()
	return nil
}

func (c *Config) setDefaults() {
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(Exchange) {}
	}
	c.UserAgent = cmp.Or(c.UserAgent, defaultUserAgent)
	c.Requests = cmp.Or(c.Requests, DefaultRequests)
	if c.Backoff <= 0 {
		c.Backoff = defaultBackoff
	}
	switch {
	case c.Retries == 0:
		c.Retries = defaultRetries
	case c.Retries < 0:
		c.Retries = 0
	}
}

// secrets are the values that never leave the client but in requests.
func (c *Config) secrets() []string {
	// A key's lines are secret each, whatever stands between them.
	return append(strings.Fields(c.SignIn.PrivateKey),
		c.ClientSecret, c.SignIn.RefreshToken, c.SignIn.Password, c.SignIn.SecurityToken,
		c.SignIn.Password+c.SignIn.SecurityToken, c.Proxy.Password)
}
