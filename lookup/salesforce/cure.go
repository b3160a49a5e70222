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
	if text := e.writeCure(); text != "" {
		return text
	}
	message := strings.ToLower(e.Message)
	for _, table := range [...][]cure{signInCures[:], cures[:]} {
		for _, c := range table {
			if c.fits(e) && strings.Contains(message, c.message) {
				return c.fieldCure(e)
			}
		}
	}
	if e.Temporary() || e.Status >= 500 {
		return "Salesforce has a passing problem. The bridge tries again by itself; status.salesforce.com tells of known outages."
	}
	return "Salesforce refused the request. Look the code up in Salesforce's help, and check the run-as user's permissions."
}

type cure struct {
	code    string // empty matches any
	kind    string // of sign-in; empty matches any
	status  int    // 0 matches any
	message string // part of the message in lower case, empty matches any
	text    string // %s becomes what was asked or the fields blamed
}

func (c *cure) fits(e *Error) bool {
	return (c.code == "" || c.code == e.Code) && (c.kind == "" || c.kind == e.kind) && (c.status == 0 || c.status == e.Status)
}

func (c *cure) fieldCure(e *Error) string {
	if !strings.Contains(c.text, "%s") {
		return c.text
	}
	what := strings.TrimPrefix(e.Op, "describe ")
	if len(e.Fields) > 0 {
		what = strings.Join(e.Fields, ", ")
	}
	return fmt.Sprintf(c.text, what)
}

// cures is read from the top after signInCures; the first that fits is given.
var cures = [...]cure{
	// The API as a whole.
	{code: "API_DISABLED_FOR_ORG", text: "The org's edition has no API, or it is switched off. Professional and Pro Suite need the API add-on; otherwise ask Salesforce's support to enable it."},
	{code: "API_CURRENTLY_DISABLED", text: "The run-as user may not use the API. Give the profile or a permission set “API Enabled”."},
	{message: "not valid for use with the rest api", text: "The app's token does not cover the API. Add the scope “Manage user data via APIs (api)” to the app's OAuth settings."},
	{code: "REQUEST_LIMIT_EXCEEDED", message: "concurrent", text: "Too many long requests run in the org at once. The bridge waits and tries again; look for other integrations that run at this time."},
	{code: "REQUEST_LIMIT_EXCEEDED", text: "The org's API calls for 24 hours are used up. Calls pop from the data already held; look in Setup, Company Information, for who uses the calls, or buy more."},
	{code: "INVALID_SESSION_ID", text: "Salesforce ends the bridge's session at once. Check the org's session settings (IP lock) and that the run-as user is not frozen."},
	{code: codeNoVersion, text: "Set an API version that the org has, or “highest” for its newest."},
	{code: codeQuotaKept, text: "The bridge goes on by itself as calls of 24 hours ago fall out of the count. Look in Setup, Company Information, for who uses the calls; raise “Stop at” for this org, or buy more."},
	{code: codeHold, text: "Salesforce has asked every client to wait. The bridge goes on by itself; status.salesforce.com tells of known outages."},
	{code: codeBusy, text: "The bridge asks for more than it may at once. Raise the number of requests at once for this org, up to 25; if it stays, report this with the log."},
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
	// The way there, and replies that are not the API's.
	{code: codeProxy, status: 407, text: "The proxy does not know this user name and password. Correct them in the org's connection."},
	{code: codeProxy, text: "The proxy lets nobody through to this address. Allow HTTPS to *.salesforce.com there, or name the address among the proxy's exceptions."},
	{code: codeNotJSON, status: 407, text: "The proxy does not know this user name and password. Correct them in the org's connection."},
	{code: codeNotJSON, status: 404, text: "The address does not answer as Salesforce's API. Check that it is the org's My Domain address, https://NAME.my.salesforce.com."},
	{code: codeNotJSON, status: 200, text: "A web page came instead of data. Check that the address is the org's My Domain address and that no proxy or sign-in page stands between."},
	{code: codeTooLarge, text: "A reply was larger than the bridge accepts. Report this with the name of the object."},
	{code: codeTruncated, text: "Replies are cut off on the way. Check the proxy or firewall between the bridge and Salesforce."},
	{status: 404, text: "The run-as user cannot see %s, or it does not exist. Give a permission set with “Read” and “View All Records” on the object."},
}

// networkCure tells the usual reasons for getting no reply apart.
func networkCure(err error) string {
	var (
		way       *net.OpError
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		timeout   net.Error
	)
	switch {
	case errors.As(err, &way) && way.Op == "proxyconnect":
		return "The proxy cannot be reached. Check its address and port in the org's connection, and that it runs."
	case errors.As(err, &dns):
		return "The org's address is not known to the name server. Check its spelling, and that the bridge's machine can resolve names."
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return "The certificate of the other side is not Salesforce's. A proxy that opens TLS needs its own CA: paste it into the org's connection. Also check the clock."
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Salesforce did not answer in time. Check the firewall and proxy for connections to port 443; the bridge tries again by itself."
	}
	return "The connection to Salesforce failed. Check the firewall and proxy for connections to port 443; the bridge tries again by itself."
}
