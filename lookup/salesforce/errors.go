package salesforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Codes of our own, for failures that Salesforce does not name.
const (
	codeGenericLogin = "GENERIC_LOGIN_URL" // login.salesforce.com instead of My Domain
	codeRedirect     = "REDIRECT"          // the address answers from elsewhere
	codeNotJSON      = "NOT_JSON"          // a web page instead of data
	codeTruncated    = "TRUNCATED"         // the reply ended before its end
	codeTooLarge     = "TOO_LARGE"         // the reply exceeds our bound
	codeBadToken     = "BAD_TOKEN_REPLY"   // the token reply lacks what it must have
	codeNetwork      = "NETWORK"           // no reply at all
	codeBulkFailed   = "BULK_JOB_FAILED"
	codeBulkSlow     = "BULK_JOB_TOO_SLOW"
	codeBulkChanged  = "BULK_RESULTS_CHANGED"
	codeProxy        = "PROXY"            // the proxy refuses the connection
	codeClockSkew    = "CLOCK_SKEW"       // an assertion fails because two clocks differ
	codeBadKey       = "PRIVATE_KEY"      // the key cannot sign
	codeBadState     = "STATE"            // the browser came back with another sign-in's answer
	codeNoRefresh    = "NO_REFRESH_TOKEN" // the app does not allow refresh tokens
	codeNoVersion    = "NO_SUCH_VERSION"  // the org has not this version of the API
	codeQuotaKept    = "QUOTA_KEPT"       // we leave the rest of the org's calls to others
	codeHold         = "RETRY_LATER"      // the org has asked for a long pause
	codeBusy         = "BUSY"             // too many requests of ours wait

	codePasswordExpired = "PASSWORD_EXPIRED"
)

// Errors that a caller branches on, with errors.Is.
var (
	// ErrQueryLocator: the rest of a long answer has expired at the org; start
	// a new query behind the last record seen.
	ErrQueryLocator = errors.New("salesforce: query cursor expired")
	// ErrLimit: the org's API calls are used up for now.
	ErrLimit = errors.New("salesforce: API calls used up")
	// ErrNotFound: the object or record does not exist for the run-as user.
	ErrNotFound = errors.New("salesforce: not found")
	// ErrInvalidField: the query names a field that the run-as user cannot see.
	ErrInvalidField = errors.New("salesforce: field not visible")
)

// Error is a request that Salesforce refused or answered in a way that cannot
// be used. Cure says what to do about it.
type Error struct {
	// Op is what was asked, such as "describe Contact".
	Op string
	// Status is the HTTP status, 0 if there was no reply.
	Status int
	// Code is Salesforce's errorCode or OAuth error, such as INVALID_FIELD.
	Code string
	// Message is Salesforce's own, clipped, without secrets.
	Message string
	// Fields are those that Salesforce blames.
	Fields []string
	// RetryAfter is how long the org asks us to wait, 0 if it does not say.
	RetryAfter time.Duration

	kind  string // of the sign-in, where it failed
	cause error
}

// Error says what failed and why, without the cure.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "salesforce: %s: ", e.Op)
	switch {
	case e.Message == "":
		b.WriteString(e.Code)
	case e.Code == "" || strings.HasPrefix(e.Message, e.Code):
		b.WriteString(e.Message)
	default:
		fmt.Fprintf(&b, "%s (%s)", e.Message, e.Code)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	return b.String()
}

// Unwrap is the network error behind it, if any.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is know the sentinels of this package.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrQueryLocator:
		return e.Code == "INVALID_QUERY_LOCATOR"
	case ErrLimit:
		return e.Code == "REQUEST_LIMIT_EXCEEDED" && !e.concurrent() || e.Code == codeQuotaKept
	case ErrNotFound:
		return e.Status == http.StatusNotFound && e.Code != codeNotJSON || e.Code == "INVALID_TYPE"
	case ErrInvalidField:
		return e.Code == "INVALID_FIELD"
	}
	return false
}

// concurrent tells too many requests at once, which passes, from a used-up day.
func (e *Error) concurrent() bool { return strings.Contains(strings.ToLower(e.Message), "concurrent") }

// Temporary says whether the same request may succeed a little later.
func (e *Error) Temporary() bool {
	switch e.Code {
	case "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT", codeTruncated, codeNetwork, codeBusy, "rate_limit_exceeded":
		return true
	case codeNotJSON:
		return e.Status < 300 || e.Status >= 500
	case "REQUEST_LIMIT_EXCEEDED":
		return e.concurrent()
	}
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// expired says that the session is no longer valid.
func (e *Error) expired() bool {
	return e.Status == http.StatusUnauthorized && (e.Code == "INVALID_SESSION_ID" || e.Code == codeNotJSON)
}

// decodeError reads the body of a refused request: a list of errors, of which
// the first counts, or one object in the OAuth endpoints' way. Its Message is as
// the org sent it; see redactError.
func decodeError(op string, reply *http.Response, body []byte) *Error {
	e := &Error{Op: op, Status: reply.StatusCode, RetryAfter: retryAfter(reply.Header)}
	type item struct {
		Code    string   `json:"errorCode"`
		Message string   `json:"message"`
		Fields  []string `json:"fields"`
		OAuth   string   `json:"error"`
		Text    string   `json:"error_description"`
	}
	var list []item
	if json.Unmarshal(body, &list) != nil {
		list = make([]item, 1)
		if json.Unmarshal(body, &list[0]) != nil {
			list = nil
		}
	}
	if reply.StatusCode >= 300 && reply.StatusCode < 400 && len(list) == 0 {
		e.Code, e.Message = codeRedirect, redirectMessage(reply)
		return e
	}
	if len(list) == 0 || list[0].Code+list[0].OAuth == "" {
		e.Code, e.Message = codeNotJSON, http.StatusText(reply.StatusCode)
		return e
	}
	first := list[0]
	e.Code, e.Message = first.Code, first.Message
	e.Fields = first.Fields[:min(len(first.Fields), 20)]
	if e.Code == "" {
		e.Code, e.Message = first.OAuth, first.Text
	}
	e.Code = clip(e.Code)
	return e
}

// redirectMessage names the host that reply points at and nothing else of it.
func redirectMessage(reply *http.Response) string {
	u, err := url.Parse(reply.Header.Get("Location"))
	if err != nil || u.Host == "" {
		return "the address answers with a redirect"
	}
	return "the address redirects to " + clip(u.Host)
}

// transportError makes an Error of a request without reply. The address is left
// out: a query stands in it.
func (c *Client) transportError(op string, err error) error {
	var own *Error // of the meter, or of the proxy
	if errors.As(err, &own) {
		named := *own
		named.Op = op
		return &named
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	return &Error{Op: op, Code: codeNetwork, Message: c.redact(err.Error()), cause: err}
}

// retryAfter reads the header in seconds or as a date (RFC 9110 section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 24*3600)) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now := time.Now()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // both by the org's clock
	}
	return min(max(at.Sub(now), 0), 24*time.Hour)
}

const messageLimit = 300

// clip makes foreign text one printable line of bounded length.
func clip(text string) string {
	runes := []rune(oneLine(text))
	if len(runes) > messageLimit {
		runes = append(runes[:messageLimit], '…')
	}
	return string(slices.DeleteFunc(runes, func(r rune) bool { return !strconv.IsPrint(r) && r != ' ' }))
}
