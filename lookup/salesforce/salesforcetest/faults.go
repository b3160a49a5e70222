package salesforcetest

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// FaultKind is how a request goes wrong.
type FaultKind uint8

// The kinds of faults. FaultError is the zero value.
const (
	FaultError    FaultKind = iota // a refusal with Status, Code and Message
	FaultTruncate                  // the right reply, but only its first half
	FaultDrop                      // the connection ends without a reply
	FaultHTML                      // a maintenance page with Status, 200 if 0
	FaultExpire                    // all sessions end just before the request
	FaultRedirect                  // a redirect to Message
	FaultHang                      // no reply until the client gives up
	FaultCut                       // the reply ends after Bytes as if that were all
	FaultBreak                     // the connection ends after Bytes of the reply
	FaultAfter                     // the request is done, and then answered as FaultError does
	FaultLost                      // the request is done, and the connection ends without a reply
	FaultBody                      // Body comes with Status, 200 if 0, as what ContentType says
)

// Fault makes requests fail on demand.
type Fault struct {
	// Path must occur in the request's path; empty fits every request.
	Path string
	// Method must be the request's; empty fits every one.
	Method string
	Kind   FaultKind
	// Skip lets that many fitting requests pass first, Times is how many then
	// fail: 1 if 0, all if negative.
	Skip, Times int
	// Status, Code and Message are the refusal's; Code alone knows the usual
	// Status and Message. At the token endpoint Code is the OAuth error.
	Status        int
	Code, Message string
	RetryAfter    time.Duration
	// Bytes is where FaultCut and FaultBreak end the reply.
	Bytes int
	// Body and ContentType are what FaultBody answers: what a proxy in between says.
	Body, ContentType string
}

// usual are the status and message that belong to a code.
var usual = map[string]struct {
	status  int
	message string
}{
	"INVALID_SESSION_ID":      {401, "Session expired or invalid"},
	"REQUEST_LIMIT_EXCEEDED":  {403, "TotalRequests Limit exceeded."},
	"API_DISABLED_FOR_ORG":    {403, "API is not enabled for this Organization or Partner"},
	"API_CURRENTLY_DISABLED":  {403, "API is disabled for this User"},
	"UNABLE_TO_LOCK_ROW":      {400, "unable to obtain exclusive access to this record or 1 records"},
	"SERVER_UNAVAILABLE":      {503, "We are down for maintenance."},
	"INVALID_QUERY_LOCATOR":   {400, "invalid query locator"},
	"QUERY_TIMEOUT":           {400, "Your query request was running for too long."},
	"invalid_client_id":       {400, "client identifier invalid"},
	"invalid_client":          {400, "invalid client credentials"},
	"unsupported_grant_type":  {400, "grant type not supported"},
	"inactive_user":           {400, "user is inactive"},
	"invalid_app_access":      {400, "user is not admin approved to access this app"},
	"OAUTH_EC_APP_NOT_FOUND":  {400, "External client app is not installed in this org"},
	"OAUTH_APP_BLOCKED":       {400, "this app is blocked by admin"},
	"rate_limit_exceeded":     {400, "login rate exceeded"},
	"INSUFFICIENT_ACCESS":     {403, "You do not have access to this object"},
	"UNKNOWN_EXCEPTION":       {500, "An unexpected error occurred. Please include this ErrorId if you contact support"},
	"INVALID_TYPE":            {400, "sObject type is not supported."},
	"INVALID_FIELD":           {400, "No such column"},
	"MALFORMED_QUERY":         {400, "unexpected token"},
	"NOT_FOUND":               {404, "The requested resource does not exist"},
	"UNSUPPORTED_API_VERSION": {410, "This version of the API is no longer supported"},
}

// Inject adds a fault; several are tried in the order of their adding.
func (o *Org) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	if f.Status == 0 {
		f.Status = usual[f.Code].status
	}
	if f.Message == "" {
		f.Message = usual[f.Code].message
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, &f)
}

// ClearFaults takes all faults away.
func (o *Org) ClearFaults() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = nil
}

// takeFault is the fault that this request meets, if any, and counts the request.
func (o *Org) takeFault(method, path string) (Fault, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[path]++
	for _, f := range o.faults {
		if f.Times == 0 || !strings.Contains(path, f.Path) || f.Method != "" && f.Method != method {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return *f, true
	}
	return Fault{}, false
}

// Requests is how many requests came whose path contains part.
func (o *Org) Requests(part string) int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	n := 0
	for path, count := range o.counts {
		if strings.Contains(path, part) {
			n += count
		}
	}
	return n
}

// withFaults lets requests meet their faults before next sees them.
func (o *Org) withFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.log.LogAttrs(r.Context(), slog.LevelDebug, "simulated org asked", slog.String("method", r.Method), slog.String("path", r.URL.Path))
		w.Header().Set("Date", o.options.Now().UTC().Format(http.TimeFormat))
		f, ok := o.takeFault(r.Method, r.URL.Path)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		o.fail(w, r, f, next)
	})
}

func (o *Org) fail(w http.ResponseWriter, r *http.Request, f Fault, next http.Handler) {
	switch f.Kind {
	case FaultTruncate:
		next.ServeHTTP(&halfWriter{ResponseWriter: w}, r)
	case FaultDrop:
		panic(http.ErrAbortHandler) // net/http's way to end a connection
	case FaultLost:
		next.ServeHTTP(unheard{http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case FaultAfter:
		next.ServeHTTP(unheard{http.Header{}}, r)
		f.Kind = FaultError
		o.fail(w, r, f, next)
	case FaultHang:
		<-r.Context().Done()
	case FaultExpire:
		o.ExpireSessions()
		next.ServeHTTP(w, r)
	case FaultCut, FaultBreak:
		r.Header.Del("Accept-Encoding") // what is cut is text
		next.ServeHTTP(&cutWriter{ResponseWriter: w, left: f.Bytes, drop: f.Kind == FaultBreak}, r)
	case FaultRedirect:
		http.Redirect(w, r, f.Message, http.StatusFound)
	case FaultBody:
		w.Header().Set("Content-Type", f.ContentType)
		w.WriteHeader(max(f.Status, http.StatusOK))
		fmt.Fprint(w, f.Body)
	case FaultHTML:
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(max(f.Status, http.StatusOK))
		fmt.Fprint(w, "<html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>")
	default:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(f.RetryAfter.Seconds())))
		}
		if strings.HasPrefix(r.URL.Path, soapPath) {
			writeSOAPFault(w, f.Code, f.Message)
			return
		}
		if strings.HasSuffix(r.URL.Path, tokenPath) {
			writeOAuthError(w, max(f.Status, 400), f.Code, f.Message)
			return
		}
		writeError(w, apiError(max(f.Status, 400), f.Code, f.Message))
	}
}

// unheard takes a reply that nobody gets.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(b []byte) (int, error) { return len(b), nil }
func (u unheard) WriteHeader(int)             {}

// halfWriter passes on the first half of what is written at once.
type halfWriter struct{ http.ResponseWriter }

func (w *halfWriter) Write(b []byte) (int, error) {
	if _, err := w.ResponseWriter.Write(b[:len(b)/2]); err != nil {
		return 0, err
	}
	return len(b), nil
}

// cutWriter passes on what comes first.
type cutWriter struct {
	http.ResponseWriter
	left int
	drop bool // the connection ends there
}

func (w *cutWriter) Write(b []byte) (int, error) {
	n := min(w.left, len(b))
	w.left -= n
	if _, err := w.ResponseWriter.Write(b[:n]); err != nil {
		return 0, err
	}
	if w.left == 0 && w.drop {
		if err := http.NewResponseController(w.ResponseWriter).Flush(); err != nil {
			return 0, err
		}
		panic(http.ErrAbortHandler)
	}
	return len(b), nil
}

// ExpireSessions ends all sessions: the next request gets 401 INVALID_SESSION_ID.
func (o *Org) ExpireSessions() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.sessions)
}

// ExpireCursors ends all long answers: their next page is INVALID_QUERY_LOCATOR.
func (o *Org) ExpireCursors() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cursors = nil
}

// SetLimit sets how many API calls are used and allowed in 24 hours; above,
// requests are refused with REQUEST_LIMIT_EXCEEDED.
func (o *Org) SetLimit(used, limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.used, o.limit = used, limit
}

// SetPageSize changes the longest page, also of answers already begun.
func (o *Org) SetPageSize(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pageSize = max(n, 1)
}

// HideFields takes fields from the run-as user (field-level security).
func (o *Org) HideFields(object string, fields ...string) { o.setHidden(object, fields, true) }

// ShowFields gives them back.
func (o *Org) ShowFields(object string, fields ...string) { o.setHidden(object, fields, false) }

func (o *Org) setHidden(object string, fields []string, hidden bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t, ok := o.tables[strings.ToLower(object)]
	if !ok {
		return
	}
	for _, f := range fields {
		t.hidden[strings.ToLower(f)] = hidden
	}
}

// HideObject takes the whole object from the run-as user, or gives it back.
func (o *Org) HideObject(object string, hidden bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t, ok := o.tables[strings.ToLower(object)]; ok {
		t.invisible = hidden
	}
}

// startSession makes a token for a user.
func (o *Org) startSession(userID string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serial++
	token := fmt.Sprintf("%s!AQ.toy.session.%d", o.id[:15], o.serial)
	o.sessions[token] = userID
	return token
}
