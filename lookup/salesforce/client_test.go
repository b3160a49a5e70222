package salesforce_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

func startOrg(t *testing.T, o salesforcetest.Options) *salesforcetest.Org {
	t.Helper()
	org := salesforcetest.NewOrg(o)
	if err := org.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := org.Close(); err != nil {
			t.Error(err)
		}
	})
	return org
}

func configFor(org *salesforcetest.Org) salesforce.Config {
	return salesforce.Config{
		InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(), Backoff: time.Millisecond,
	}
}

func newClient(t *testing.T, c salesforce.Config) *salesforce.Client {
	t.Helper()
	client, err := salesforce.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// names are the values of one field of all records of a query.
func names(t *testing.T, c *salesforce.Client, soql, field string) []string {
	t.Helper()
	var all []string
	for r, err := range c.Query(t.Context(), soql) {
		if err != nil {
			t.Fatalf("%s: %v", soql, err)
		}
		all = append(all, r.String(field))
	}
	return all
}

func TestIdentity(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	c := configFor(org)
	c.ClientID, c.ClientSecret = " "+c.ClientID+"\n", "\t"+c.ClientSecret+"\u200b "
	id, err := newClient(t, c).Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.OrgID != org.ID() || id.UserID != org.Users()[0].ID || id.InstanceURL != org.URL() {
		t.Errorf("identity is %+v, want org %s as user %s at %s", id, org.ID(), org.Users()[0].ID, org.URL())
	}
}

func TestNewCleansWhatPeoplePaste(t *testing.T) {
	for pasted, want := range map[string]string{
		"https://acme.my.salesforce.com":                       "https://acme.my.salesforce.com",
		" acme.my.salesforce.com/ ":                            "https://acme.my.salesforce.com",
		"https://Acme.lightning.force.com/lightning/page/home": "https://acme.my.salesforce.com",
		"acme--dev.sandbox.lightning.force.com":                "https://acme--dev.sandbox.my.salesforce.com",
		"http://127.0.0.1:8080/":                               "http://127.0.0.1:8080",
		"http://localhost:8080":                                "http://localhost:8080",
		"http://[::1]:8080":                                    "http://[::1]:8080",
		"http://acme.my.salesforce.com":                        "",
		"ftp://acme.my.salesforce.com":                         "",
		"":                                                     "",
		"https://":                                             "",
		"https://user:word@acme.my.salesforce.com":             "",
		"http://127.0.0.1.example.com":                         "",
		"https://acme.my.salesforce.com\u200b":                 "https://acme.my.salesforce.com",
		"https://acme.develop.lightning.force.com/one/one.app#/alohaR": "https://acme.develop.my.salesforce.com",
	} {
		c, err := salesforce.New(salesforce.Config{InstanceURL: pasted, ClientID: "key", ClientSecret: "secret"})
		switch {
		case err != nil && want != "":
			t.Errorf("%q: %v", pasted, err)
		case err == nil && c.InstanceURL() != want:
			t.Errorf("%q became %q, want %q", pasted, c.InstanceURL(), want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := salesforce.Config{InstanceURL: "acme.my.salesforce.com", ClientID: "key", ClientSecret: "secret"}
	for name, spoil := range map[string]func(*salesforce.Config){
		"no key":      func(c *salesforce.Config) { c.ClientID = "  " },
		"no secret":   func(c *salesforce.Config) { c.ClientSecret = "" },
		"bad version": func(c *salesforce.Config) { c.APIVersion = "66.0/../.." },
		"batch size":  func(c *salesforce.Config) { c.BatchSize = 3000 },
	} {
		c := good
		spoil(&c)
		if _, err := salesforce.New(c); err == nil {
			t.Errorf("%s: New accepts it", name)
		}
	}
}

// signInFaults are refusals of the token endpoint and a word that its cure must hold.
var signInFaults = []struct {
	name  string
	set   func(*salesforcetest.Org, *salesforce.Config)
	code  string
	words string
}{
	{"run-as user missing", func(o *salesforcetest.Org, _ *salesforce.Config) { o.SetRunAs("") }, "invalid_grant", "Run As"},
	{"wrong key", func(_ *salesforcetest.Org, c *salesforce.Config) { c.ClientID = "other" }, "invalid_client_id", "consumer key"},
	{"wrong secret", func(_ *salesforcetest.Org, c *salesforce.Config) { c.ClientSecret = "other-secret" }, "invalid_client", "consumer secret"},
	{"generic address", func(_ *salesforcetest.Org, c *salesforce.Config) { c.InstanceURL = "login.salesforce.com" }, "GENERIC_LOGIN_URL", "My Domain"},
	{"generic address said by the org", inject("invalid_grant", "request not supported on this domain"), "invalid_grant", "My Domain"},
	{"app switched off", inject("OAUTH_EC_APP_NOT_FOUND", ""), "OAUTH_EC_APP_NOT_FOUND", "External Client App Manager"},
	{"app not installed", inject("invalid_client", "app must be installed into org"), "invalid_client", "not installed"},
	{"flow not enabled", inject("unsupported_grant_type", ""), "unsupported_grant_type", "client credentials flow"},
	{"user not admitted", inject("invalid_app_access", ""), "invalid_app_access", "not admitted"},
	{"IP range", inject("invalid_grant", "ip restricted"), "invalid_grant", "IP range"},
	{"inactive user", inject("inactive_user", ""), "inactive_user", "inactive"},
	{"no server", func(_ *salesforcetest.Org, c *salesforce.Config) { c.InstanceURL = "http://127.0.0.1:1" }, "NETWORK", "firewall"},
	{"redirect", func(o *salesforcetest.Org, _ *salesforce.Config) {
		o.Inject(salesforcetest.Fault{Path: "/token", Kind: salesforcetest.FaultRedirect, Message: "https://other.example.com/x?secret=1"})
	}, "REDIRECT", "My Domain"},
}

func inject(code, message string) func(*salesforcetest.Org, *salesforce.Config) {
	return func(o *salesforcetest.Org, _ *salesforce.Config) {
		o.Inject(salesforcetest.Fault{Path: "/token", Code: code, Message: message, Times: -1})
	}
}

func TestSignInErrorsNameTheirCure(t *testing.T) {
	for _, tt := range signInFaults {
		t.Run(tt.name, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			c := configFor(org)
			c.Retries = -1
			tt.set(org, &c)
			_, err := newClient(t, c).OrgID(t.Context())
			var e *salesforce.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want *salesforce.Error", err)
			}
			if e.Code != tt.code || !strings.Contains(e.Cure(), tt.words) {
				t.Errorf("code %q with cure %q, want %q with %q", e.Code, e.Cure(), tt.code, tt.words)
			}
			if text := err.Error() + e.Cure(); strings.Contains(text, c.ClientSecret) || strings.Contains(text, "secret=1") {
				t.Errorf("the error tells the secret: %s", text)
			}
		})
	}
}

func TestAPIErrorsNameTheirCure(t *testing.T) {
	for code, words := range map[string]string{
		"API_DISABLED_FOR_ORG": "add-on", "API_CURRENTLY_DISABLED": "API Enabled", "REQUEST_LIMIT_EXCEEDED": "24 hours",
		"INSUFFICIENT_ACCESS": "permission", "INVALID_FIELD": "Read Access", "INVALID_TYPE": "cannot see Contact",
		"INVALID_SESSION_ID": "session", "UNSUPPORTED_API_VERSION": "version", "UNKNOWN_EXCEPTION": "passing",
		"MALFORMED_QUERY": "where-clause", "NOT_FOUND": "cannot see Contact",
	} {
		t.Run(code, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			org.Inject(salesforcetest.Fault{Path: "/describe", Code: code, Times: -1})
			c := configFor(org)
			c.Retries = -1
			_, err := newClient(t, c).Describe(t.Context(), "Contact")
			var e *salesforce.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want *salesforce.Error", err)
			}
			if e.Code != code || !strings.Contains(e.Cure(), words) {
				t.Errorf("code %q with cure %q, want %q with %q", e.Code, e.Cure(), code, words)
			}
		})
	}
}

func TestSentinels(t *testing.T) {
	for code, want := range map[string]error{
		"REQUEST_LIMIT_EXCEEDED": salesforce.ErrLimit, "INVALID_QUERY_LOCATOR": salesforce.ErrQueryLocator,
		"NOT_FOUND": salesforce.ErrNotFound, "INVALID_FIELD": salesforce.ErrInvalidField,
	} {
		org := startOrg(t, salesforcetest.Options{})
		org.Inject(salesforcetest.Fault{Path: "/describe", Code: code})
		if _, err := newClient(t, configFor(org)).Describe(t.Context(), "Lead"); !errors.Is(err, want) {
			t.Errorf("%s is %v, want %v", code, err, want)
		}
	}
}

func TestPassingFailuresAreRepeated(t *testing.T) {
	for name, f := range map[string]salesforcetest.Fault{
		"unavailable":  {Code: "SERVER_UNAVAILABLE"},
		"locked row":   {Code: "UNABLE_TO_LOCK_ROW"},
		"too fast":     {Status: 429, Code: "TOO_MANY_REQUESTS"},
		"concurrent":   {Code: "REQUEST_LIMIT_EXCEEDED", Message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded."},
		"cut short":    {Kind: salesforcetest.FaultTruncate},
		"dropped":      {Kind: salesforcetest.FaultDrop},
		"page instead": {Kind: salesforcetest.FaultHTML},
		"expired":      {Kind: salesforcetest.FaultExpire, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, salesforcetest.Options{})
			if f.Times == 0 {
				f.Times = 2
			}
			f.Path = "/describe"
			org.Inject(f)
			object, err := newClient(t, configFor(org)).Describe(t.Context(), "Contact")
			if err != nil {
				t.Fatal(err)
			}
			if !object.Has("MobilePhone") {
				t.Error("the description lacks MobilePhone")
			}
		})
	}
}

func TestRepetitionIsBounded(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.Inject(salesforcetest.Fault{Path: "/describe", Code: "SERVER_UNAVAILABLE", Times: -1})
	c := configFor(org)
	c.Retries = 2
	if _, err := newClient(t, c).Describe(t.Context(), "Contact"); err == nil {
		t.Fatal("no error")
	}
	if n := org.Requests("/describe"); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

func TestLongRetryAfterIsLeftToTheCaller(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.Inject(salesforcetest.Fault{Path: "/describe", Code: "SERVER_UNAVAILABLE", RetryAfter: 10 * time.Minute})
	_, err := newClient(t, configFor(org)).Describe(t.Context(), "Contact")
	var e *salesforce.Error
	if !errors.As(err, &e) || e.RetryAfter != 10*time.Minute {
		t.Errorf("error is %v, want one with ten minutes to wait", err)
	}
}

func TestPagesAreFollowedAcrossAnExpiredSession(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{PageSize: 7})
	if err := org.Generate(100, nil); err != nil {
		t.Fatal(err)
	}
	org.Inject(salesforcetest.Fault{Path: "/query/", Kind: salesforcetest.FaultExpire, Skip: 3})
	org.Inject(salesforcetest.Fault{Path: "/query/", Kind: salesforcetest.FaultTruncate, Skip: 2})
	c := newClient(t, configFor(org))
	got := names(t, c, "SELECT Id, LastName, Account.Name FROM Contact ORDER BY Id", "LastName")
	if len(got) != 100 {
		t.Fatalf("%d records, want 100", len(got))
	}
	for i, name := range got {
		if want := fmt.Sprintf("Muster-%d", i); name != want {
			t.Fatalf("record %d is %q, want %q", i, name, want)
		}
	}
	if n := org.Requests("/token"); n != 2 {
		t.Errorf("%d sign-ins, want 2", n)
	}
}

func TestExpiredCursorIsTyped(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{PageSize: 5})
	if err := org.Generate(20, nil); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var failure error
	for _, err := range newClient(t, configFor(org)).Query(t.Context(), "SELECT Id FROM Contact ORDER BY Id") {
		if err != nil {
			failure = err
			continue
		}
		if seen++; seen == 5 {
			org.ExpireCursors()
		}
	}
	if seen != 5 || !errors.Is(failure, salesforce.ErrQueryLocator) {
		t.Errorf("%d records and %v, want 5 and ErrQueryLocator", seen, failure)
	}
}

func TestOneSignInForManyRequests(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	c := newClient(t, configFor(org))
	for round := 1; round <= 3; round++ {
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := c.Describe(t.Context(), "Lead"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := org.Requests("/token"); n != round {
			t.Fatalf("round %d: %d sign-ins, want %d", round, n, round)
		}
		org.ExpireSessions()
	}
}

func TestRefusedSignInIsShared(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetRunAs("")
	c := newClient(t, configFor(org))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := c.OrgID(t.Context()); err == nil {
				t.Error("no error")
			}
		})
	}
	group.Wait()
	if n := org.Requests("/token"); n > 20 {
		t.Errorf("%d sign-ins for 20 requests", n)
	}
}

func TestLimits(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetLimit(17, 5000)
	c := newClient(t, configFor(org))
	if got := c.Limits(); got != (salesforce.Limits{}) {
		t.Errorf("limits before the first reply are %+v", got)
	}
	if _, err := c.Count(t.Context(), "SELECT COUNT() FROM Contact"); err != nil {
		t.Fatal(err)
	}
	got := c.Limits()
	if got.Used != 18 || got.Max != 5000 || got.At.IsZero() || got.Share() != 18.0/5000 {
		t.Errorf("limits are %+v, want 18 of 5000", got)
	}
}

func TestLimitExceeded(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.SetLimit(10, 10)
	_, err := newClient(t, configFor(org)).Count(t.Context(), "SELECT COUNT() FROM Contact")
	if !errors.Is(err, salesforce.ErrLimit) {
		t.Errorf("error is %v, want ErrLimit", err)
	}
	if n := org.Requests("/query"); n != 1 {
		t.Errorf("%d requests, want 1: a used-up day is not to be asked again", n)
	}
}

func TestQueryAllShowsDeleted(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	demo, err := org.Seed()
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, configFor(org))
	found := false
	for r, err := range c.QueryAll(t.Context(), "SELECT Id, IsDeleted, SystemModstamp FROM Contact WHERE IsDeleted = true") {
		if err != nil {
			t.Fatal(err)
		}
		found = r.ID() == demo.Deleted && r.Bool("IsDeleted") && r.Object() == "Contact" && !r.Time("SystemModstamp").IsZero()
	}
	if !found {
		t.Error("the deleted contact is not among the answers")
	}
	if got := names(t, c, "SELECT Id FROM Contact WHERE Id = "+salesforce.QuoteString(demo.Deleted), "Id"); len(got) != 0 {
		t.Error("query shows the deleted contact")
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	org := startOrg(t, salesforcetest.Options{})
	org.Inject(salesforcetest.Fault{Path: "/describe", Kind: salesforcetest.FaultHang})
	c := newClient(t, configFor(org))
	if _, err := c.OrgID(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Describe(ctx, "Contact"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the context's", err)
	}
}

// TestSecretsStayIn looks for the secret and the token in logs, errors and printed configurations.
func TestSecretsStayIn(t *testing.T) {
	var log bytes.Buffer
	org := startOrg(t, salesforcetest.Options{})
	c := configFor(org)
	c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := newClient(t, c)
	if _, err := client.OrgID(t.Context()); err != nil {
		t.Fatal(err)
	}
	org.Inject(salesforcetest.Fault{Path: "/describe", Code: "UNKNOWN_EXCEPTION", Message: "you sent " + org.ID()[:15] + "!AQ.toy.session.1 and " + c.ClientSecret})
	_, err := client.Describe(t.Context(), "Contact")
	org.Inject(salesforcetest.Fault{Path: "/query", Kind: salesforcetest.FaultDrop, Times: -1})
	_, err2 := client.Count(t.Context(), "SELECT COUNT() FROM Contact WHERE Phone = '030 23125-101'")
	c.Logger.Info("config", "config", c)
	text := fmt.Sprint(log.String(), err, err2, c, fmt.Sprintf("%+v %#v", c, c))
	for _, secret := range []string{c.ClientSecret, "!AQ.toy", "23125"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q stands in %s", secret, text)
		}
	}
}

// TestBadReplies serves what no Salesforce would.
func TestBadReplies(t *testing.T) {
	token := `{"access_token":"t","token_type":"Bearer","id":"https://x/id/00D7Q0000000001UAA/0057Q0000000001AAA"}`
	for name, tt := range map[string]struct{ token, query string }{
		"token without id":         {`{"access_token":"t"}`, ""},
		"id without user":          {`{"access_token":"t","id":"https://x/id/00D7Q0000000001UAA"}`, ""},
		"org id of letters":        {`{"access_token":"t","id":"https://x/id/org/user"}`, ""},
		"plain http elsewhere":     {strings.Replace(token, `"token_type"`, `"instance_url":"http://acme.example.com","token_type"`, 1), ""},
		"token as page":            {`<html>`, ""},
		"next page elsewhere":      {token, `{"done":false,"nextRecordsUrl":"https://evil.example.com/services/data","records":[]}`},
		"next page at other host":  {token, `{"done":false,"nextRecordsUrl":"@evil.example.com/","records":[]}`},
		"no next page":             {token, `{"done":false,"records":[]}`},
		"records of another shape": {token, `{"done":true,"records":[1,2]}`},
		"empty":                    {token, ``},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				body := tt.query
				if strings.HasSuffix(r.URL.Path, "/token") {
					body = tt.token
				}
				fmt.Fprint(w, body)
			}))
			defer server.Close()
			c := newClient(t, salesforce.Config{InstanceURL: server.URL, ClientID: "key", ClientSecret: "secret", Retries: -1})
			var failure error
			for _, failure = range c.Query(t.Context(), "SELECT Id FROM Contact") {
				if failure != nil {
					break
				}
			}
			if failure == nil {
				t.Fatal("no error")
			}
			if salesforce.Cure(failure) == "" {
				t.Errorf("%v has no cure", failure)
			}
		})
	}
}
