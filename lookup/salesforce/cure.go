package salesforce

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Cure says what to do about err in plain words for an administrator; it is
// empty where nothing needs doing, such as a cancelled request.
func Cure(err error) string {
	var e *Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &e):
		return e.Cure()
	}
	return "Look at the log of the bridge for this time; if it keeps happening, report it with that line."
}

// Cure says what to do about e in plain words.
func (e *Error) Cure() string {
	if e.Code == codeNetwork {
		return networkCure(e.cause)
	}
	message := strings.ToLower(e.Message)
	for _, c := range cures {
		if c.code != "" && c.code != e.Code || c.status != 0 && c.status != e.Status {
			continue
		}
		if strings.Contains(message, c.message) {
			return c.fieldCure(e)
		}
	}
	if e.Temporary() || e.Status >= 500 {
		return "Salesforce has a passing problem. The bridge tries again by itself; status.salesforce.com tells of known outages."
	}
	return "Salesforce refused the request. Look the code up in Salesforce's help, and check the run-as user's permissions."
}

type cure struct {
	code    string // empty matches any
	status  int    // 0 matches any
	message string // part of the message in lower case, empty matches any
	text    string // %s becomes what was asked or the fields blamed
}

func (c cure) fieldCure(e *Error) string {
	if !strings.Contains(c.text, "%s") {
		return c.text
	}
	what := strings.TrimPrefix(e.Op, "describe ")
	if len(e.Fields) > 0 {
		what = strings.Join(e.Fields, ", ")
	}
	return fmt.Sprintf(c.text, what)
}

// cures is read from the top; the first that fits is given.
var cures = [...]cure{
	// Signing in.
	{code: codeGenericLogin, text: "Use the org's own address, https://NAME.my.salesforce.com (Setup, My Domain), not login.salesforce.com or test.salesforce.com: they refuse client credentials."},
	{message: "request not supported on this domain", text: "Use the org's own address, https://NAME.my.salesforce.com (Setup, My Domain), not login.salesforce.com or test.salesforce.com: they refuse client credentials."},
	{message: "no client credentials user enabled", text: "The run-as user is missing. In Setup, External Client App Manager, open the app, Policies, Edit: enable the client credentials flow and choose a user in “Run As”."},
	{message: "inactive user", text: "The run-as user is inactive. Activate the user in Setup, Users, or choose another one in the app's policies under “Run As”."},
	{code: "inactive_user", text: "The run-as user is inactive. Activate the user in Setup, Users, or choose another one in the app's policies under “Run As”."},
	{message: "ip restricted", text: "The bridge's address is outside the allowed IP range. Add it to the run-as user's profile under “Login IP Ranges”, or set “IP Relaxation” in the app's policies."},
	{message: "ip not allowed", text: "The bridge's address is outside the allowed IP range. Add it to the run-as user's profile under “Login IP Ranges”, or set “IP Relaxation” in the app's policies."},
	{code: "invalid_client_id", text: "The consumer key is not known to this org. Copy it again from the app's OAuth settings, check that the address is this org's, and wait ten minutes after creating the app."},
	{code: "invalid_client", message: "app must be installed", text: "The app is not installed or blocked in this org. In Setup, Connected Apps OAuth Usage, install or unblock it; or create an external client app in this org."},
	{code: "invalid_client", message: "identifier invalid", text: "The consumer key is not known to this org. Copy it again from the app's OAuth settings, check that the address is this org's, and wait ten minutes after creating the app."},
	{code: "invalid_client", text: "The consumer secret is wrong. Copy it again from the app's OAuth settings (“Consumer Key and Secret”); after a rotation only the new one works."},
	{code: "invalid_app_access", text: "The run-as user is not admitted to the app. In the app's policies, allow all users or add the user's profile or permission set."},
	{code: "OAUTH_APP_ACCESS_DENIED", text: "The run-as user is not admitted to the app. In the app's policies, allow all users or add the user's profile or permission set."},
	{code: "OAUTH_APP_BLOCKED", text: "The app is blocked in this org. In Setup, Connected Apps OAuth Usage, unblock it."},
	{code: "OAUTH_EC_APP_NOT_FOUND", text: "The external client app does not exist in this org or is switched off. Enable it in Setup, External Client App Manager."},
	{code: "app_not_enabled", text: "The app is switched off in this org. Enable it in Setup, External Client App Manager."},
	{code: "unsupported_grant_type", text: "The app does not allow the client credentials flow. Enable it in the app's OAuth settings and once more in its policies, with a run-as user."},
	{code: "invalid_grant", text: "The app does not let the run-as user in. Check in the app's policies that the client credentials flow is enabled and that “Run As” names an active user with API access."},
	{code: "rate_limit_exceeded", text: "Too many sign-ins in a short time. The bridge waits and tries again; check that no other program uses the same app in a loop."},
	{code: codeBadToken, text: "The address answers, but not as Salesforce does. Check that it is the org's My Domain address and that no proxy stands between."},
	{code: codeRedirect, text: "Use the address that the org itself shows in Setup, My Domain; the present one only forwards, and the bridge never sends keys to a forwarded address."},
	// The API as a whole.
	{code: "API_DISABLED_FOR_ORG", text: "The org's edition has no API, or it is switched off. Professional and Pro Suite need the API add-on; otherwise ask Salesforce's support to enable it."},
	{code: "API_CURRENTLY_DISABLED", text: "The run-as user may not use the API. Give the profile or a permission set “API Enabled”."},
	{message: "not valid for use with the rest api", text: "The app's token does not cover the API. Add the scope “Manage user data via APIs (api)” to the app's OAuth settings."},
	{code: "REQUEST_LIMIT_EXCEEDED", message: "concurrent", text: "Too many long requests run in the org at once. The bridge waits and tries again; look for other integrations that run at this time."},
	{code: "REQUEST_LIMIT_EXCEEDED", text: "The org's API calls for 24 hours are used up. Calls pop from the data already held; look in Setup, Company Information, for who uses the calls, or buy more."},
	{code: "INVALID_SESSION_ID", text: "Salesforce ends the bridge's session at once. Check the org's session settings (IP lock) and that the run-as user is not frozen."},
	{code: "UNSUPPORTED_API_VERSION", text: "The org does not know this API version. Set a version that it offers, 66.0 by default."},
	{status: 410, text: "The org no longer has this API version. Set a newer one, 66.0 by default."},
	// Objects, fields and queries.
	{code: "INVALID_TYPE", text: "The run-as user cannot see %s. Give a permission set with “Read” and “View All Records” on the object."},
	{code: "INVALID_FIELD", text: "The run-as user cannot see a field in %s. Give “Read Access” to it in a permission set, under field permissions."},
	{code: "INSUFFICIENT_ACCESS", text: "The run-as user lacks a permission for %s. Give a permission set with “Read” and “View All Records” on the object."},
	{code: "INSUFFICIENT_ACCESS_OR_READONLY", text: "The run-as user lacks a permission for %s. Give a permission set with the right on the object and its fields."},
	{code: "NOT_FOUND", text: "The run-as user cannot see %s, or it does not exist. Give a permission set with “Read” and “View All Records” on the object."},
	{code: "INVALID_QUERY_LOCATOR", text: "The list expired at Salesforce while it was read. The bridge goes on from the last record by itself."},
	{code: "MALFORMED_QUERY", text: "Salesforce does not understand the query. If a where-clause of your own is set, check it; otherwise report this with the log."},
	{code: "QUERY_TIMEOUT", text: "The query took Salesforce too long. The bridge tries again; a where-clause over fields without index makes this likely."},
	{code: "UNABLE_TO_LOCK_ROW", text: "Another program holds the record. The bridge tries again by itself."},
	// Jobs of the Bulk API.
	{code: "FUNCTIONALITY_NOT_ENABLED", text: "The org's edition or the run-as user has no Bulk API, so everything is read by single queries, which is slower. Enable the API add-on, or set “bulkFrom: -1” to have no more warnings."},
	{code: "LIMIT_EXCEEDED", text: "The org's Bulk API jobs for 24 hours are used up, so everything is read by single queries, which is slower. Look in Setup, Bulk Data Load Jobs, for who starts them."},
	{code: codeBulkFailed, text: "Salesforce could not work off the Bulk API job, so everything is read by single queries. Setup, Bulk Data Load Jobs, tells more."},
	{code: codeBulkSlow, text: "Salesforce did not work off the Bulk API job in time, so everything is read by single queries. Look in Setup, Bulk Data Load Jobs, for others that hold it up."},
	{code: codeBulkChanged, text: "The results of the Bulk API job have changed while they were read. The bridge starts a new job by itself."},
	// Replies that are not the API's.
	{code: codeNotJSON, status: 404, text: "The address does not answer as Salesforce's API. Check that it is the org's My Domain address, https://NAME.my.salesforce.com."},
	{code: codeNotJSON, status: 200, text: "A web page came instead of data. Check that the address is the org's My Domain address and that no proxy or sign-in page stands between."},
	{code: codeTooLarge, text: "A reply was larger than the bridge accepts. Report this with the name of the object."},
	{code: codeTruncated, text: "Replies are cut off on the way. Check the proxy or firewall between the bridge and Salesforce."},
	{status: 404, text: "The run-as user cannot see %s, or it does not exist. Give a permission set with “Read” and “View All Records” on the object."},
}

// networkCure tells the usual reasons for getting no reply apart.
func networkCure(err error) string {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		timeout   net.Error
	)
	switch {
	case errors.As(err, &dns):
		return "The org's address is not known to the name server. Check its spelling, and that the bridge's machine can resolve names."
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return "The certificate of the other side is not Salesforce's. A proxy that opens TLS needs its own CA in the machine's trust store; also check the clock."
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Salesforce did not answer in time. Check the firewall and proxy for connections to port 443; the bridge tries again by itself."
	}
	return "The connection to Salesforce failed. Check the firewall and proxy for connections to port 443; the bridge tries again by itself."
}
