package salesforcetest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// setup is what an administrator or Salesforce itself has set.
type setup struct {
	oldest, newest           int // API versions
	bulkUsed, bulkMax        int // query jobs in 24 hours
	storageUsed, storageSize int // MB
}

func newSetup() setup {
	return setup{oldest: 31, newest: 68, bulkMax: 10_000, storageUsed: 900, storageSize: 10_240}
}

// SetVersions changes the API versions that the org has, such as 31 to 68. Older
// ones are gone (410), newer ones do not exist (404).
func (o *Org) SetVersions(oldest, newest int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.setup.oldest, o.setup.newest = oldest, newest
}

// SetStorage changes how much of the data storage is used, in MB.
func (o *Org) SetStorage(used, size int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.setup.storageUsed, o.setup.storageSize = used, size
}

// SetBulkQueries changes how many query jobs of the Bulk API are used and
// allowed in 24 hours, as /limits tells them.
func (o *Org) SetBulkQueries(used, limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.setup.bulkUsed, o.setup.bulkMax = used, limit
}

// SetClockSkew sets the org's clock ahead of Options.Now.
func (o *Org) SetClockSkew(ahead time.Duration) { o.skew.Store(int64(ahead)) }

// versionError says what is wrong with a version in a path, such as v66.0.
func (o *Org) versionError(version string) error {
	parts := versionPattern.FindStringSubmatch(version)
	if parts == nil {
		return apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	n, err := strconv.Atoi(parts[1])
	o.mu.RLock()
	defer o.mu.RUnlock()
	switch {
	case err != nil || n > o.setup.newest:
		return apiError(404, "NOT_FOUND", "The requested resource does not exist")
	case n < o.setup.oldest:
		return apiError(410, "UNSUPPORTED_API_VERSION", "This version of the API is no longer supported")
	}
	return nil
}

var seasons = [...]string{"Spring", "Summer", "Winter"} // from version 63 (Spring '25) on

func (o *Org) serveVersions(w http.ResponseWriter, _ *http.Request) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	versions := []map[string]string{}
	for v := o.setup.oldest; v <= o.setup.newest; v++ {
		since := v - 63 + 3*11 // from version 30 on, never negative
		season := seasons[since%3]
		year := 14 + since/3
		if season == "Winter" {
			year++
		}
		versions = append(versions, map[string]string{
			"label": fmt.Sprintf("%s '%d", season, year), "version": fmt.Sprintf("%d.0", v), "url": fmt.Sprintf("/services/data/v%d.0", v),
		})
	}
	writeJSON(w, 200, versions)
}

func (o *Org) serveLimits(w http.ResponseWriter, _ *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	limit := func(used, limit int) map[string]int {
		return map[string]int{"Max": limit, "Remaining": max(limit-used, 0)}
	}
	writeJSON(w, 200, map[string]any{
		"DailyApiRequests":     limit(o.used, o.limit),
		"DailyBulkV2QueryJobs": limit(o.setup.bulkUsed, o.setup.bulkMax),
		"DataStorageMB":        limit(o.setup.storageUsed, o.setup.storageSize),
	})
	return nil
}

// serveKeys is the org's JSON Web Key Set (RFC 7517), with the key of its tickets.
func (o *Org) serveKeys(w http.ResponseWriter, _ *http.Request) {
	if err := o.ensureKey(); err != nil {
		writeError(w, err)
		return
	}
	key := &o.signing.key.PublicKey
	writeJSON(w, 200, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": TicketKeyID,
		"n": base64URL(key.N.Bytes()), "e": base64URL(exponent(key.E)),
	}}})
}

func exponent(e int) []byte {
	text := strconv.FormatInt(int64(e), 16)
	if len(text)%2 == 1 {
		text = "0" + text
	}
	var out []byte
	for i := 0; i < len(text); i += 2 {
		b, _ := strconv.ParseUint(text[i:i+2], 16, 8) // it was formatted a moment ago
		out = append(out, byte(b))
	}
	return out
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }
