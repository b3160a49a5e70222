package pubsub

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub/eventbus"
)

const (
	// DefaultURL is where all orgs but those of government clouds are served.
	DefaultURL = "https://api.pubsub.salesforce.com:7443"
	// DefaultSilence is how long a stream may say nothing: the org promises a sign
	// of life within 270 s.
	DefaultSilence = 300 * time.Second

	// window is how many events are asked for ahead of what is handled; Salesforce
	// allows 100.
	window = 100
	// maxMessage bounds one response: 100 events of 1 MB each do not come at once.
	maxMessage = 16 << 20
	// callTimeout bounds a question that is no stream.
	callTimeout = 30 * time.Second
	// maxReconnect bounds the pause before the connection is tried again.
	maxReconnect = 30 * time.Second
)

// Session is whom the calls are made as; *salesforce.Client is one.
type Session interface {
	Access(ctx context.Context, stale *salesforce.Access) (*salesforce.Access, error)
}

// Config says where and as whom to ask.
type Config struct {
	// URL is DefaultURL if empty. http:// is for tests and taken on loopback only.
	URL     string
	Session Session
	// Dial opens the connection; net.Dialer if nil.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// TLS is the system's if nil.
	TLS *tls.Config
	// Silence is how long a stream may say nothing: DefaultSilence if 0.
	Silence   time.Duration
	UserAgent string
}

// Client asks one org. It may be used by several goroutines.
type Client struct {
	config  Config
	conn    *grpc.ClientConn
	api     eventbus.PubSubClient
	schemas *schemas
}

// CheckURL says what is wrong with an address for Config.
func CheckURL(text string) error {
	_, _, err := parseURL(text)
	return err
}

// parseURL gives host:port, and whether the connection is without TLS.
func parseURL(text string) (address string, plain bool, err error) {
	text = cmp.Or(strings.TrimSpace(text), DefaultURL)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", false, errors.New("pubsub: the Pub/Sub API's address is not like " + DefaultURL)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		plain = true
	default:
		return "", false, fmt.Errorf("pubsub: the Pub/Sub API's address starts with %s://; only https:// is safe", u.Scheme)
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "7443")), plain, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// New makes a Client. It connects when it is first used.
func New(c Config) (*Client, error) {
	address, plain, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Silence <= 0 {
		c.Silence = DefaultSilence
	}
	var dialer net.Dialer
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		}
	}
	if c.TLS == nil {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	reconnect := backoff.DefaultConfig
	reconnect.MaxDelay = maxReconnect
	secure := credentials.NewTLS(c.TLS)
	if plain {
		secure = insecure.NewCredentials()
	}
	// passthrough: Dial finds the host, behind a proxy where there is one.
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(secure), grpc.WithContextDialer(c.Dial), grpc.WithUserAgent(cmp.Or(c.UserAgent, "ctibridge")),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: callTimeout}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)), grpc.WithDisableServiceConfig())
	if err != nil {
		return nil, fmt.Errorf("pubsub: %w", err)
	}
	return &Client{config: c, conn: conn, api: eventbus.NewPubSubClient(conn), schemas: newSchemas()}, nil
}

// Close ends the connection and all that uses it.
func (c *Client) Close() error { return c.conn.Close() }

// withAccess puts who asks into the call's metadata.
func withAccess(ctx context.Context, a *salesforce.Access) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "accesstoken", a.Token(), "instanceurl", a.InstanceURL, "tenantid", a.OrgID)
}

// signedIn calls ask with the present session, and once more with a new one if
// the org says that it has expired.
func (c *Client) signedIn(ctx context.Context, ask func(ctx context.Context) error) error {
	access, err := c.config.Session.Access(ctx, nil)
	if err != nil {
		return fmt.Errorf("pubsub: %w", err)
	}
	if err = ask(withAccess(ctx, access)); !errors.Is(err, errExpired) {
		return err
	}
	if access, err = c.config.Session.Access(ctx, access); err != nil {
		return fmt.Errorf("pubsub: %w", err)
	}
	return ask(withAccess(ctx, access))
}

// CheckTopic asks whether the org has a topic that the run-as user may read:
// ErrNoTopic if not.
func (c *Client) CheckTopic(ctx context.Context, topic string) error {
	return c.signedIn(ctx, func(ctx context.Context) error { return c.checkTopic(ctx, topic) })
}

func (c *Client) checkTopic(ctx context.Context, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var trailer metadata.MD
	info, err := c.api.GetTopic(ctx, &eventbus.TopicRequest{TopicName: topic}, grpc.Trailer(&trailer))
	switch {
	case err != nil:
		return newError("ask for", topic, err, trailer)
	case !info.GetCanSubscribe():
		return &Error{Op: "ask for", Topic: topic, Code: codeNoSubscribe, Message: "the run-as user may not subscribe to it"}
	}
	return nil
}

// schema asks for an Avro schema.
func (c *Client) schema(ctx context.Context, topic, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var trailer metadata.MD
	info, err := c.api.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: id}, grpc.Trailer(&trailer))
	if err != nil {
		return "", newError("read the schema of", topic, err, trailer)
	}
	return info.GetSchemaJson(), nil
}
