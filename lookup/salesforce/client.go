package salesforce

import (
	"context"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"slices"
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

// Client talks to one org as one run-as user.
type Client struct {
	config Config
	http   *http.Client
	// transport carries the requests of http, nil where the owner brought another kind.
	transport *http.Transport
	log       *slog.Logger
	key       *rsa.PrivateKey // of JWTBearer

	signIn chan struct{} // holds one token while someone signs in

	mu           sync.Mutex
	session      *session // nil until the first sign-in
	logins       int      // sign-ins tried, good or bad
	loginFailure error    // of the last one
	failedAt     time.Time
	refresh      refreshToken
	version      string // that is asked for; empty until the org has told its versions
	versionAt    time.Time
	limits       Limits
	usage        usage
	holdUntil    time.Time // the org asked not to be asked before
}

// New checks and cleans c; it sends nothing.
func New(c Config) (*Client, error) {
	if err := c.clean(); err != nil {
		return nil, err
	}
	client := &Client{config: c, log: c.Logger, signIn: make(chan struct{}, 1)}
	client.refresh.value = c.SignIn.RefreshToken
	if c.SignIn.Kind == JWTBearer {
		client.key, _ = ParsePrivateKey(c.SignIn.PrivateKey) // clean has checked it
	}
	transport, err := c.transport()
	if err != nil {
		return nil, err
	}
	client.transport, _ = transport.(*http.Transport)
	client.http = newHTTP(client, transport)
	return client, nil
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

// redact takes secrets and tokens out of foreign text, and clips it after that:
// the other way round part of a secret could be left.
func (c *Client) redact(text string) string {
	secrets := c.config.secrets()
	c.mu.Lock()
	secrets = append(secrets, c.refresh.value)
	if c.session != nil {
		secrets = append(secrets, c.session.token.AccessToken)
	}
	c.mu.Unlock()
	// The longest first: a password is part of password and security token.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	text = oneLine(text)
	for _, s := range secrets {
		if s = oneLine(s); len(s) >= leastSecret {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	return clip(text)
}

// leastSecret is the shortest that is taken out: shorter ones would garble every text.
const leastSecret = 6

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
