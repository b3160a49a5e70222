package lookup

// OrgConfig is what an administrator says about one Salesforce org.
type OrgConfig struct {
	ID          string `json:"id" yaml:"id"` // 18 characters, 00D…
	Name        string `json:"name" yaml:"name"`
	InstanceURL string `json:"instanceURL" yaml:"instanceURL"`
	// Disabled switches the org off: nothing is asked of it and nothing of it
	// pops. What the directory holds stays.
	Disabled     bool   `json:"disabled,omitempty" yaml:"disabled,omitempty"`
	ClientID     string `json:"clientID,omitempty" yaml:"clientID,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty" yaml:"clientSecret,omitempty"`
	// SignIn is how the bridge signs in: with client credentials unless it says
	// otherwise.
	SignIn SignIn `json:"signIn,omitzero" yaml:"signIn,omitempty"`
	// Connection is how the org is reached.
	Connection Connection `json:"connection,omitzero" yaml:"connection,omitempty"`
	Sandbox    bool       `json:"sandbox,omitempty" yaml:"sandbox,omitempty"`
	// Country (ISO 3166 alpha-2) reads numbers of records without a country of
	// their own: DE if empty.
	Country string `json:"country,omitempty" yaml:"country,omitempty"`
	// Objects are what is copied and how. Account, Contact and Lead are copied by
	// their defaults where they are not named; others only if they are.
	Objects []ObjectConfig `json:"objects,omitempty" yaml:"objects,omitempty"`
	// Schedule says when all objects are synced that have none of their own.
	Schedule Schedule `json:"schedule,omitzero" yaml:"schedule,omitempty"`
	// Usage bounds what the bridge takes of the org's limits.
	Usage Usage `json:"usage,omitzero" yaml:"usage,omitempty"`
	// ChangeEvents has the org tell changes by itself (Change Data Capture, by
	// the Pub/Sub API); polling goes on, more slowly.
	ChangeEvents bool `json:"changeEvents,omitempty" yaml:"changeEvents,omitempty"`
	// LiveSearch asks the org itself for callers that the directory does not
	// know: those entered a moment ago. It costs API calls (see Replica.Search).
	LiveSearch         bool                `json:"liveSearch,omitempty" yaml:"liveSearch,omitempty"`
	Origins            []string            `json:"origins,omitempty" yaml:"origins,omitempty"`
	TicketCertificates []TicketCertificate `json:"ticketCertificates,omitempty" yaml:"ticketCertificates,omitempty"`
	// RemoveSecrets are the paths of stored secrets that are to go, where one that
	// is left out stays. It is an order, carried out by TakeSecrets and stored nowhere.
	RemoveSecrets []string `json:"removeSecrets,omitempty" yaml:"removeSecrets,omitempty"`
}

// Kinds of SignIn.
const (
	SignInClientCredentials = "clientCredentials" // RFC 6749 section 4.4, on the My Domain address; the default
	SignInJWTBearer         = "jwtBearer"         // RFC 7523
	SignInWebServer         = "webServer"         // RFC 6749 section 4.1 with PKCE (RFC 7636) and a refresh token
	SignInPassword          = "password"          // SOAP login(); the org must allow it, and it ends in summer 2027
)

// SignIn is how the bridge signs in to an org.
type SignIn struct {
	Kind string `json:"kind,omitempty" yaml:"kind,omitempty"` // empty: SignInClientCredentials
	// Username is the run-as user's, of SignInJWTBearer and SignInPassword.
	Username string `json:"username,omitempty" yaml:"username,omitempty"`
	// PrivateKey signs the assertions of SignInJWTBearer: PEM, RSA.
	PrivateKey string `json:"privateKey,omitempty" yaml:"privateKey,omitempty"`
	// RefreshToken is what SignInWebServer brought.
	RefreshToken string `json:"refreshToken,omitempty" yaml:"refreshToken,omitempty"`
	// Password and SecurityToken are of SignInPassword.
	Password      string `json:"password,omitempty" yaml:"password,omitempty"`
	SecurityToken string `json:"securityToken,omitempty" yaml:"securityToken,omitempty"`
	// LoginURL is asked instead of the address that the kind would have:
	// InstanceURL, or login.salesforce.com and test.salesforce.com.
	LoginURL string `json:"loginURL,omitempty" yaml:"loginURL,omitempty"`
}

// Connection is how an org is reached.
type Connection struct {
	// APIURL is asked instead of the instance that the sign-in names.
	APIURL string `json:"apiURL,omitempty" yaml:"apiURL,omitempty"`
	// APIVersion is like "66.0", or "highest" for the org's newest; 66.0 if empty.
	APIVersion string `json:"apiVersion,omitempty" yaml:"apiVersion,omitempty"`
	// ProxyURL is an HTTP proxy, ProxyExceptions are hosts reached without it, as
	// in NO_PROXY. Empty: what the environment says.
	ProxyURL        string   `json:"proxyURL,omitempty" yaml:"proxyURL,omitempty"`
	ProxyUsername   string   `json:"proxyUsername,omitempty" yaml:"proxyUsername,omitempty"`
	ProxyPassword   string   `json:"proxyPassword,omitempty" yaml:"proxyPassword,omitempty"`
	ProxyExceptions []string `json:"proxyExceptions,omitempty" yaml:"proxyExceptions,omitempty"`
	// CA holds certificates (PEM) that are trusted beside the system's: those of
	// a proxy that looks into TLS.
	CA string `json:"ca,omitempty" yaml:"ca,omitempty"`
	// PubSubURL is where change events come from, such as
	// https://api.pubsub.salesforce.com:443; pubsub.DefaultURL if empty.
	PubSubURL string `json:"pubSubURL,omitempty" yaml:"pubSubURL,omitempty"`
}

// What becomes of a record that the org no longer shows.
const (
	VanishedDelete = "delete" // the default
	VanishedKeep   = "keep"   // it stays until it is deleted by hand
)

// ObjectConfig is what is copied of one object.
type ObjectConfig struct {
	Object   string `json:"object" yaml:"object"` // API name: Contact, Branch__c
	Disabled bool   `json:"disabled,omitempty" yaml:"disabled,omitempty"`
	// Fields says where a target comes from (see Targets): fields, paths
	// ("Account.BillingCity", "Owner.FirstName") or constants ("=VIP"). Of
	// numbers all count, of all else the first that is filled. What is not
	// named has its default, numbers every phone field of the object.
	Fields map[string][]string `json:"fields,omitempty" yaml:"fields,omitempty"`
	// Account is the company record of those without one: an id of 18 characters.
	Account string `json:"account,omitempty" yaml:"account,omitempty"`
	// Show are further fields that the panel shows.
	Show []string `json:"show,omitempty" yaml:"show,omitempty"`
	// Where is a SOQL condition that records have to meet.
	Where string `json:"where,omitempty" yaml:"where,omitempty"`
	// Limit is how many records are copied at most, the newest; 0: all.
	Limit int `json:"limit,omitempty" yaml:"limit,omitempty"`
	// SkipNames leaves out records whose name begins so: "*".
	SkipNames []string `json:"skipNames,omitempty" yaml:"skipNames,omitempty"`
	// Vanished is VanishedDelete or VanishedKeep. Those that a change of Where,
	// of Objects or of the org leaves out go in any case.
	Vanished string `json:"vanished,omitempty" yaml:"vanished,omitempty"`
	// URLs are up to three addresses of a record, with {id}, {object} and {instance}.
	URLs     []string `json:"urls,omitempty" yaml:"urls,omitempty"`
	Schedule Schedule `json:"schedule,omitzero" yaml:"schedule,omitempty"`
}

// Schedule says when an object is synced. Each part is a default if empty and
// does nothing if it is "off".
type Schedule struct {
	// Interval is the pause between two syncs, such as "2m" or "1h30m"; 90s.
	Interval string `json:"interval,omitempty" yaml:"interval,omitempty"`
	// Sync are further times, a cron expression of five fields in local time;
	// none.
	Sync string `json:"sync,omitempty" yaml:"sync,omitempty"`
	// Full is when every record is read, a cron expression; "0 3 * * *".
	Full string `json:"full,omitempty" yaml:"full,omitempty"`
}

// Usage bounds what the bridge takes of the org's limits. Shares are in per cent
// of the org's API calls in 24 hours, used by whomever.
type Usage struct {
	SlowAt int `json:"slowAt,omitempty" yaml:"slowAt,omitempty"` // polling slows; 60
	StopAt int `json:"stopAt,omitempty" yaml:"stopAt,omitempty"` // polling stops; 80
	// Requests is how many requests run at once; 4.
	Requests int `json:"requests,omitempty" yaml:"requests,omitempty"`
	// BulkFrom is how many records make a full run a Bulk API job; 20000. -1: never.
	BulkFrom int `json:"bulkFrom,omitempty" yaml:"bulkFrom,omitempty"`
}

// TicketCertificate is a public key the org signs agents' tickets with.
type TicketCertificate struct {
	KID string `json:"kid" yaml:"kid"` // the certificate's developer name in the org
	PEM string `json:"pem" yaml:"pem"` // CERTIFICATE or PUBLIC KEY block
}

// ObjectNamed is the configuration of an object in list, if it has one.
func ObjectNamed(list []ObjectConfig, name string) (ObjectConfig, bool) {
	for _, c := range list {
		if c.Object == name {
			return c, true
		}
	}
	return ObjectConfig{}, false
}
