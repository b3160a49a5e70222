package pubsubtest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub/eventbus"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// Names of errors, in the trailer error-code, as Salesforce has them.
const (
	AuthError      = "sfdc.platform.eventbus.grpc.service.auth.error"
	TopicNotFound  = "sfdc.platform.eventbus.grpc.topic.not.found"
	SchemaNotFound = "sfdc.platform.eventbus.grpc.schema.not.found"
	ReplayInvalid  = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.validation.failed"
	ReplayCorrupt  = "sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted"
	LimitExceeded  = "sfdc.platform.eventbus.grpc.subscription.limit.exceeded"
	TooMany        = "sfdc.platform.eventbus.grpc.subscription.fetch.requested.events.limit.exceeded"
	Unavailable    = "sfdc.platform.eventbus.grpc.service.unavailable"
)

// AllChanges is the topic of all selected objects.
const AllChanges = "/data/ChangeEvents"

// Options say how a Server behaves; the zero value is good.
type Options struct {
	Addr string // a free one on loopback if empty
	// KeepAlive is how often a quiet stream says something: 60 s if 0, as
	// Salesforce does though it promises 270 only. The first comes after First.
	KeepAlive, First time.Duration
	// TLS is spoken if not nil.
	TLS *tls.Config
}

// Server is the Pub/Sub API of one org.
type Server struct {
	eventbus.UnimplementedPubSubServer
	org     *salesforcetest.Org
	options Options

	mu       sync.Mutex
	serving  *grpc.Server
	served   chan struct{}
	addr     string
	selected []string // objects
	log      []logged
	last     uint64        // number of the newest event
	lost     uint64        // number of the newest event that is forgotten
	news     chan struct{} // closed at each change of what is above and below
	cuts     int           // streams begun before the last are to end
	muted    bool
	refusals []refusal
	schemas  map[string]*objectSchema // by id
	streams  int
	requests map[string]int // by topic: most events asked for ahead
}

// logged is an event.
type logged struct {
	number uint64
	topic  string
	event  *eventbus.ProducerEvent
}

type refusal struct {
	status codes.Code
	code   string
}

// New makes a server of org's changes from now on. Nothing is selected yet.
func New(org *salesforcetest.Org, o Options) *Server {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.KeepAlive = cmp.Or(o.KeepAlive, time.Minute)
	o.First = cmp.Or(o.First, o.KeepAlive)
	s := &Server{org: org, options: o, last: 1000, lost: 999, news: make(chan struct{}), schemas: map[string]*objectSchema{}, requests: map[string]int{}}
	org.Watch(s.record)
	return s
}

// Start listens and serves until Stop; after that it may be started again, at the
// same address.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", cmp.Or(s.addr, s.options.Addr))
	if err != nil {
		return fmt.Errorf("pubsubtest: listen: %w", err)
	}
	s.addr = l.Addr().String()
	var options []grpc.ServerOption
	if s.options.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.options.TLS)))
	}
	server, served := grpc.NewServer(options...), make(chan struct{})
	s.serving, s.served = server, served
	eventbus.RegisterPubSubServer(server, s)
	go func() {
		defer close(served)
		_ = server.Serve(l) // until Stop
	}()
	return nil
}

// Stop ends all streams and connections, and waits until they have.
func (s *Server) Stop() {
	s.mu.Lock()
	serving, served := s.serving, s.served
	s.serving = nil
	s.mu.Unlock()
	if serving == nil {
		return
	}
	serving.Stop()
	<-served
}

// URL is the server's address, such as http://127.0.0.1:40123.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	scheme := "http"
	if s.options.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + s.addr
}

// refuse makes an error as Salesforce does: its own code stands in the trailer.
func refuse(ctx context.Context, stream grpc.ServerStream, c codes.Code, code, text string, args ...any) error {
	md := metadata.Pairs("error-code", code, "rpc-id", "toy")
	if stream != nil {
		stream.SetTrailer(md)
	} else {
		_ = grpc.SetTrailer(ctx, md)
	}
	return status.Errorf(c, text+" rpcId: toy", args...)
}

// admit checks who asks, and whether a refusal waits for them.
func (s *Server) admit(ctx context.Context, stream grpc.ServerStream) error {
	s.mu.Lock()
	if len(s.refusals) > 0 {
		r := s.refusals[0]
		s.refusals = s.refusals[1:]
		s.mu.Unlock()
		return refuse(ctx, stream, r.status, r.code, "The call is refused.")
	}
	s.mu.Unlock()
	return s.authenticate(ctx, stream)
}

func (s *Server) authenticate(ctx context.Context, stream grpc.ServerStream) error {
	md, _ := metadata.FromIncomingContext(ctx)
	one := func(key string) string { return strings.Join(md.Get(key), ",") }
	if _, ok := s.org.SessionUser(one("accesstoken")); !ok {
		return refuse(ctx, stream, codes.Unauthenticated, AuthError, "An authentication exception occurred: the session is invalid or has expired.")
	}
	instance, err := url.Parse(one("instanceurl"))
	own, _ := url.Parse(s.org.URL())
	if err != nil || instance.Host != own.Host {
		return refuse(ctx, stream, codes.Unauthenticated, AuthError, "The instanceurl is not this org's.")
	}
	if id := one("tenantid"); id != s.org.ID() && id != s.org.ID()[:15] {
		return refuse(ctx, stream, codes.Unauthenticated, AuthError, "The tenantid is not this org's.")
	}
	return nil
}

// GetTopic implements PubSubServer.
func (s *Server) GetTopic(ctx context.Context, r *eventbus.TopicRequest) (*eventbus.TopicInfo, error) {
	if err := s.admit(ctx, nil); err != nil {
		return nil, err
	}
	name := r.GetTopicName()
	if !s.hasTopic(name) {
		return nil, refuse(ctx, nil, codes.NotFound, TopicNotFound,
			"The topic information for org CORE/toy/%s and topic %s not found. Ensure the topic name is correct and that the topic exists.", s.org.ID(), name)
	}
	info := &eventbus.TopicInfo{TopicName: name, TenantGuid: "CORE/toy/" + s.org.ID(), CanSubscribe: true, RpcId: "toy"}
	if object, ok := s.objectOf(name); ok {
		info.SchemaId = s.schemaOf(object).id
	}
	return info, nil
}

// GetSchema implements PubSubServer.
func (s *Server) GetSchema(ctx context.Context, r *eventbus.SchemaRequest) (*eventbus.SchemaInfo, error) {
	if err := s.admit(ctx, nil); err != nil {
		return nil, err
	}
	s.mu.Lock()
	schema := s.schemas[r.GetSchemaId()]
	s.mu.Unlock()
	if schema == nil {
		return nil, refuse(ctx, nil, codes.NotFound, SchemaNotFound, "The schema %s was not found.", r.GetSchemaId())
	}
	return &eventbus.SchemaInfo{SchemaJson: schema.text, SchemaId: schema.id, RpcId: "toy"}, nil
}

// TopicOf is the topic of an object's changes.
func TopicOf(object string) string {
	if before, ok := strings.CutSuffix(object, "__c"); ok {
		return "/data/" + before + "__ChangeEvent"
	}
	return "/data/" + object + "ChangeEvent"
}

// objectOf is the selected object that a topic tells of.
func (s *Server) objectOf(topic string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, object := range s.selected {
		if TopicOf(object) == topic {
			return object, true
		}
	}
	return "", false
}

func (s *Server) hasTopic(topic string) bool {
	_, one := s.objectOf(topic)
	return one || topic == AllChanges
}

// Select sets whose changes are told, as Setup, Change Data Capture does.
func (s *Server) Select(objects ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.selected = slices.Clone(objects)
}

// Cut ends all streams as a restart at Salesforce's does.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts++
	s.stir()
}

// Mute has streams say nothing, not even that they live, or lets them speak again.
func (s *Server) Mute(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = on
	s.stir()
}

// Refuse has the next call fail; several are taken in turn.
func (s *Server) Refuse(c codes.Code, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals = append(s.refusals, refusal{c, code})
}

// Forget lets all events so far grow older than 72 hours: their replay ids are
// lost.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
	s.last++ // none of the ids given out so far is the newest any more
	s.lost = s.last
	s.last++
}

// Streams is how many are open.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams
}

// Ahead is how many events a client has asked for at once at most on a topic.
func (s *Server) Ahead(topic string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[topic]
}

// stir wakes all streams; the caller holds the lock.
func (s *Server) stir() {
	close(s.news)
	s.news = make(chan struct{})
}

var errNoObject = errors.New("pubsubtest: no such object")
