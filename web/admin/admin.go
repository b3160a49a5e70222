package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/alexedwards/scs/v2"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/pbx"
)

// AgentStore keeps the agents. A method that changes something takes the
// administrator who does it and writes the audit row itself, in the same
// transaction.
type AgentStore interface {
	Agents(ctx context.Context) ([]bridge.Agent, error)
	Agent(ctx context.Context, id bridge.AgentID) (bridge.Agent, error)
	// SaveAgent adds the agent if its ID is empty. An empty SalesforceUser keeps
	// the binding, unless the org changes. It returns bridge.ErrConflict if
	// another agent has the e-mail address, and may return bridge.FieldErrors.
	SaveAgent(ctx context.Context, actor string, a bridge.Agent) (bridge.Agent, error)
	DeleteAgent(ctx context.Context, actor string, id bridge.AgentID) error
	// Unbind frees the agent of its Salesforce user, so that the next sign-in
	// with its e-mail address binds it anew.
	Unbind(ctx context.Context, actor string, id bridge.AgentID) error
	// Refusals are the Salesforce users who were refused of late, since they
	// are no agents; the latest first.
	Refusals(ctx context.Context) ([]bridge.Refusal, error)
}

// GroupStore keeps the groups; it audits as AgentStore does.
type GroupStore interface {
	Groups(ctx context.Context) ([]bridge.Group, error)
	// SaveGroup adds the group if oldName is empty and renames it if the names
	// differ, in its members too. It returns bridge.ErrConflict if another
	// group has the name, and may return bridge.FieldErrors.
	SaveGroup(ctx context.Context, actor, oldName string, g bridge.Group) error
	DeleteGroup(ctx context.Context, actor, name string) error
}

// ConnectionStore tells which links and orgs there are.
type ConnectionStore interface {
	Links(ctx context.Context) ([]pbx.LinkConfig, error)
	Orgs(ctx context.Context) ([]lookup.OrgConfig, error)
}

// AuditLog keeps who did what. Audit returns the newest entries first.
type AuditLog interface {
	Audit(ctx context.Context, f bridge.AuditFilter) ([]bridge.AuditEntry, error)
	AppendAudit(ctx context.Context, e bridge.AuditEntry) error
	// CountAudit is for what strangers can cause: the same actor, action and
	// object within a minute make one entry.
	CountAudit(ctx context.Context, e bridge.AuditEntry) error
}

// ConfigStore is the configuration the panel shows and changes. A change acts
// at once: whoever implements it reloads the running bridge.
type ConfigStore interface {
	AgentStore
	GroupStore
	ConnectionStore
	OrgStore
	TokenStore
	AuditLog
}

// Accounts are the administrators. An unknown name is bridge.ErrNotFound.
type Accounts interface {
	Administrators(ctx context.Context) ([]bridge.Administrator, error)
	Administrator(ctx context.Context, name string) (bridge.Administrator, error)
	SaveAdministrator(ctx context.Context, actor string, a bridge.Administrator) error
}

// LinkStatus is how one link is doing.
type LinkStatus struct {
	Name string
	pbx.Status
}

// StatusReporter tells how the running bridge is doing. None of its methods
// waits for a network; Sync starts a sync and returns.
type StatusReporter interface {
	LinkStatuses() []LinkStatus
	SyncStatuses() []lookup.SyncStatus
	OrgStatuses() []lookup.OrgStatus
	// HintStatus and LiveStatus tell of one org; zero where nothing runs.
	HintStatus(org string) lookup.HintStatus
	LiveStatus(org string) lookup.LiveStatus
	// Sync syncs one object, or all if it is empty; with full every record is
	// read. The error may be an *OrgError.
	Sync(ctx context.Context, org, object string, full bool) error
	// Sessions counts the open tabs of each agent who is online.
	Sessions() map[bridge.AgentID]int
}

// Options are what the panel needs. Only Logger and Version may be left empty.
type Options struct {
	Config   ConfigStore
	Accounts Accounts
	Sessions scs.CtxStore
	Status   StatusReporter
	Journal  Journal
	Orgs     OrgConnector
	SignIn   SalesforceSignIn
	// PublicURL is the bridge's own address as Salesforce sees it, without a
	// trailing slash.
	PublicURL string
	// Secure says that browsers reach the panel over TLS; its cookies are then
	// sent over TLS only.
	Secure  bool
	Logger  *slog.Logger
	Version string
}

// panel is what the handlers share.
type panel struct {
	config   ConfigStore
	accounts Accounts
	status   StatusReporter
	journal  Journal
	orgs     OrgConnector
	signer   SalesforceSignIn
	public   string
	sessions *scs.SessionManager
	secure   bool
	log      *slog.Logger

	pages    *renderer
	assets   *assets
	throttle *throttle
	checker  *passwordChecker
	// change serialises what reads, compares and saves, so that of two
	// administrators who change the same thing the second one is told.
	change sync.Mutex
}

// New builds the panel. The handler serves every path below /admin/ and wants
// to see them whole, /admin/ included. Its throttle counts by the request's
// RemoteAddr: behind a proxy, whoever mounts it puts the client's address there.
func New(o Options) (http.Handler, error) {
	if o.Config == nil || o.Accounts == nil || o.Sessions == nil || o.Status == nil || o.Journal == nil || o.Orgs == nil || o.SignIn == nil {
		return nil, errors.New("admin: config, accounts, sessions, status, journal, orgs and sign-in are required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	p := &panel{
		config: o.Config, accounts: o.Accounts, status: o.Status, journal: o.Journal, secure: o.Secure, log: o.Logger,
		orgs: o.Orgs, signer: o.SignIn, public: o.PublicURL,
		sessions: newSessions(o.Sessions, o.Secure),
		pages:    newRenderer(files, o.Version), assets: files,
		throttle: newThrottle(), checker: newPasswordChecker(),
	}
	p.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { p.fail(w, r, err) }
	return p.middleware(p.routes()), nil
}
