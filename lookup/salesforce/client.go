package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultAPIVersion is the version of the REST API that is asked for unless
// Config names another.
const DefaultAPIVersion = "66.0"

const (
	// defaultTimeout bounds one request: Salesforce itself ends a query after two minutes.
	defaultTimeout   = 130 * time.Second
	defaultUserAgent = "ctibridge"
	defaultRetries   = 4
	defaultBackoff   = 500 * time.Millisecond
)

// Config says which org to talk to and as whom. InstanceURL, ClientID and
// ClientSecret are needed, the rest has defaults.
type Config struct {
	// InstanceURL is the org's My Domain address as people paste it: blanks,
	// a path and the Lightning host name are put right by New.
	InstanceURL string
	// ClientID and ClientSecret are the consumer key and secret of the
	// external client app (or connected app).
	ClientID, ClientSecret string
	// APIVersion is like "66.0"; DefaultAPIVersion if empty.
	APIVersion string
	// HTTPClient carries the requests; http.DefaultTransport with a time-out
	// of 130 s a request if nil. Redirects are never followed whatever it says.
	HTTPClient *http.Client
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

// LogValue leaves the keys out.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("instance", c.InstanceURL), slog.String("version", c.APIVersion))
}

// String leaves the keys out, also where a Config is printed by mistake.
func (c Config) String() string { return "salesforce.Config{" + c.InstanceURL + "}" }

// GoString does the same for %#v.
func (c Config) GoString() string { return c.String() }

// Client talks to one org as one run-as user.
type Client struct {
	config Config
	http   *http.Client
	log    *slog.Logger

	signIn chan struct{} // holds one token while someone signs in

	mu           sync.Mutex
	session      *session // nil until the first sign-in
	logins       int      // sign-ins tried, good or bad
	loginFailure error    // of the last one
	limits       Limits
}

// New checks and cleans c; it sends nothing.
func New(c Config) (*Client, error) {
	var err error
	if c.InstanceURL, err = cleanInstanceURL(c.InstanceURL); err != nil {
		return nil, err
	}
	c.ClientID, c.ClientSecret = cleanKey(c.ClientID), cleanKey(c.ClientSecret)
	if c.ClientID == "" || c.ClientSecret == "" {
		return nil, errors.New("salesforce: the consumer key or the consumer secret is empty; copy both from the external client app's OAuth settings")
	}
	if c.APIVersion, err = cleanVersion(c.APIVersion); err != nil {
		return nil, err
	}
	if c.BatchSize != 0 && (c.BatchSize < 200 || c.BatchSize > 2000) {
		return nil, fmt.Errorf("salesforce: batch size %d is not between 200 and 2000", c.BatchSize)
	}
	c.setDefaults()
	return &Client{config: c, http: withoutRedirects(c.HTTPClient), log: c.Logger, signIn: make(chan struct{}, 1)}, nil
}

func (c *Config) setDefaults() {
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{Timeout: defaultTimeout}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.UserAgent == "" {
		c.UserAgent = defaultUserAgent
	}
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

// withoutRedirects copies h and stops it from following redirects: a redirected
// sign-in would hand the secret to another host. It sets a time-out if h has none.
func withoutRedirects(h *http.Client) *http.Client {
	copied := *h
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if copied.Timeout == 0 {
		copied.Timeout = defaultTimeout
	}
	return &copied
}

// InstanceURL is the org's address as New has put it right.
func (c *Client) InstanceURL() string { return c.config.InstanceURL }

// Identity is who the client is signed in as.
type Identity struct {
	// OrgID and UserID are the 18-character ids of the org and of the run-as user.
	OrgID, UserID string
	// InstanceURL is where the org's API answers.
	InstanceURL string
}

// Identity signs in if need be and tells as whom.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	s, err := c.currentSession(ctx)
	if err != nil {
		return Identity{}, err
	}
	return s.identity, nil
}

// OrgID is the 18-character id of the org that the keys belong to.
func (c *Client) OrgID(ctx context.Context) (string, error) {
	id, err := c.Identity(ctx)
	return id.OrgID, err
}

// redact takes the secret and the token out of text that is to be shown.
func (c *Client) redact(text string) string {
	if len(c.config.ClientSecret) >= 8 { // a shorter one is none, and would garble every text
		text = strings.ReplaceAll(text, c.config.ClientSecret, "…")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != nil {
		text = strings.ReplaceAll(text, c.session.token.AccessToken, "…")
	}
	return text
}
