package salesforcetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// What an Org has if Options do not say otherwise.
const (
	DefaultOrgID        = "00D7Q0000000001UAA"
	DefaultClientID     = "3MVG9toykey"
	DefaultClientSecret = "toy-secret-0123456789"
	DefaultPageSize     = 2000
	defaultLimit        = 100_000
	// cursorLimit bounds the long answers that are kept; the oldest goes first.
	cursorLimit = 50
)

// Options say what an Org is; the zero value is good.
type Options struct {
	Addr                   string // host:port to listen on; a free one on loopback if empty
	ID                     string // 15 or 18 characters; DefaultOrgID if empty
	ClientID, ClientSecret string // of the client app
	Users                  []User // beside the run-as user
	PersonAccounts         bool
	Sandbox                bool             // it signs in at test.salesforce.com
	PageSize               int              // longest page of a query
	Now                    func() time.Time // the org's clock; time.Now if nil
	Logger                 *slog.Logger     // gets each request; none if nil
}

// Org is a simulated org. Its methods may be called at any time, also while it serves.
type Org struct {
	options Options
	id      string
	log     *slog.Logger
	server  *http.Server
	running sync.WaitGroup // what Start has started
	end     context.CancelFunc
	signing signing
	skew    atomic.Int64 // of the org's clock, nanoseconds

	mu       sync.RWMutex
	url      string
	tables   map[string]*table // by lower-case name
	sessions map[string]string // token → user id
	serial   uint64            // of tokens and cursors
	cursors  []*cursor         // oldest first
	bulk     bulk
	door     door
	setup    setup
	outbound outbound
	withheld *[]func() // events of a request that may be undone; nil outside one
	runAs    string    // user id of the run-as user, empty for none
	pageSize int
	faults   []*Fault
	rules    map[string]Rule // by lower-case object
	counts   map[string]int
	used     int // API calls
	limit    int
	watchers []func(Change)
}

// NewOrg makes an org with its users and no other records. It does not listen yet.
func NewOrg(o Options) *Org {
	org := &Org{
		options: withDefaults(o), sessions: map[string]string{}, counts: map[string]int{}, rules: map[string]Rule{},
		tables: map[string]*table{}, limit: defaultLimit,
	}
	clock := org.options.Now
	org.options.Now = func() time.Time { return clock().Add(time.Duration(org.skew.Load())) }
	org.door, org.setup, org.outbound = newDoor(), newSetup(), newOutbound()
	org.log, org.pageSize = org.options.Logger, org.options.PageSize
	org.id, _ = salesforce.NormalizeID(org.options.ID) // Start reports a bad one
	for _, object := range standardObjects(o.PersonAccounts) {
		org.addTable(object)
	}
	org.runAs = org.AddUser(User{FirstName: "Bridge", LastName: "Integration", Username: "bridge@example.com", Email: "bridge@example.com"}).ID
	org.addSetup()
	for _, u := range o.Users {
		org.AddUser(u)
	}
	return org
}

func withDefaults(o Options) Options {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&o.Addr, "127.0.0.1:0")
	set(&o.ID, DefaultOrgID)
	set(&o.ClientID, DefaultClientID)
	set(&o.ClientSecret, DefaultClientSecret)
	if o.PageSize <= 0 || o.PageSize > DefaultPageSize {
		o.PageSize = DefaultPageSize
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Start listens, serves and sends outbound messages until Close.
func (o *Org) Start() error {
	if o.id == "" {
		return fmt.Errorf("salesforcetest: %q is no org id", o.options.ID)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", o.options.Addr)
	if err != nil {
		return fmt.Errorf("salesforcetest: listen on %s: %w", o.options.Addr, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.url = "http://" + listener.Addr().String()
	o.server = &http.Server{Handler: o.Handler(), ReadHeaderTimeout: 10 * time.Second}
	ctx, end := context.WithCancel(context.Background())
	o.end = end
	o.running.Go(func() { o.sendOutbound(ctx) })
	o.running.Go(func() {
		if err := o.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.log.LogAttrs(ctx, slog.LevelError, "simulated org stopped serving", slog.Any("err", err))
		}
	})
	return nil
}

// Close stops all that and waits until it has ended.
func (o *Org) Close() error {
	o.mu.RLock()
	server, end := o.server, o.end
	o.mu.RUnlock()
	if server == nil {
		return nil
	}
	end()
	err := server.Close()
	o.running.Wait()
	return err
}

// URL is the org's My Domain address, such as http://127.0.0.1:40123; empty before Start.
func (o *Org) URL() string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.url
}

// ID is the org's id, 18 characters.
func (o *Org) ID() string { return o.id }

// ClientID and ClientSecret are what the token endpoint accepts.
func (o *Org) ClientID() string { return o.options.ClientID }

// ClientSecret belongs to ClientID.
func (o *Org) ClientSecret() string { return o.options.ClientSecret }

func (o *Org) table(name string) (*table, bool) {
	t, ok := o.tables[strings.ToLower(name)]
	return t, ok && !t.invisible
}

// User is a user of the org.
type User struct {
	ID                  string // given by AddUser if empty
	FirstName, LastName string
	Username, Email     string
	Inactive            bool
	Type                string // UserType; Standard if empty
}

// AddUser adds a user and returns it with its id.
func (o *Org) AddUser(u User) User {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tables["user"]
	values := make([]string, len(t.columns))
	r := t.insert(values, o.options.Now(), "")
	for name, value := range map[string]string{
		"FirstName": u.FirstName, "LastName": u.LastName, "Username": u.Username, "Email": u.Email,
		"IsActive": map[bool]string{true: "false", false: "true"}[u.Inactive], "UserType": cmp.Or(u.Type, "Standard"),
	} {
		t.set(r, name, value)
	}
	values = r.values(len(t.columns))
	t.rename(values)
	r.packed = pack(values)
	if id, err := salesforce.NormalizeID(u.ID); err == nil {
		delete(t.byID, r.get(atID))
		r.set(atID, id)
		t.byID[id] = r
	}
	u.ID = r.get(atID)
	logins := o.tables["userlogin"]
	login := make([]string, len(logins.columns))
	login[logins.index["userid"]] = u.ID
	logins.insert(login, o.options.Now(), "")
	return u
}

// Users are all users of the org, the run-as user first.
func (o *Org) Users() []User {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t := o.tables["user"]
	users := make([]User, 0, len(t.rows))
	for _, r := range t.rows {
		users = append(users, t.user(r))
	}
	return users
}

func (t *table) user(r *row) User {
	return User{
		ID: r.get(atID), FirstName: t.get(r, "FirstName"), LastName: t.get(r, "LastName"),
		Username: t.get(r, "Username"), Email: t.get(r, "Email"), Inactive: t.get(r, "IsActive") != "true",
	}
}

// SetRunAs changes the client app's run-as user; empty takes it away.
func (o *Org) SetRunAs(userID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.runAs = userID
}
