package salesforce

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// HighestVersion stands for the newest API version that the org has.
const HighestVersion = "highest"

const (
	versionsPath = "/services/data"
	// versionLife is how long an answer about versions counts; an org gets a
	// new one three times a year.
	versionLife = 24 * time.Hour
)

// Versions are the API versions that the org has, oldest first, such as "66.0".
// It costs no API call.
func (c *Client) Versions(ctx context.Context) ([]string, error) {
	s, err := c.currentSession(ctx)
	if err != nil {
		return nil, err
	}
	return c.versions(ctx, s.identity.InstanceURL)
}

func (c *Client) versions(ctx context.Context, base string) ([]string, error) {
	const op = "ask for API versions"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+versionsPath, nil)
	if err != nil {
		return nil, &Error{Op: op, Code: codeBadToken, Message: "the address cannot be used"}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.config.UserAgent)
	reply, err := c.http.Do(request)
	if err != nil {
		return nil, c.transportError(op, err)
	}
	defer reply.Body.Close()
	body, err := readUpTo(op, reply, soapLimit)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		return nil, c.redactError(decodeError(op, reply, body))
	}
	var list []struct {
		Version string `json:"version"`
	}
	if err := decodeReply(op, reply, body, &list); err != nil {
		return nil, err
	}
	var all []string
	for _, v := range list {
		if versionPattern.MatchString(v.Version) {
			all = append(all, v.Version)
		}
	}
	if len(all) == 0 {
		return nil, &Error{Op: op, Status: reply.StatusCode, Code: codeBadToken, Message: "the reply names no version"}
	}
	slices.SortFunc(all, func(a, b string) int { return versionNumber(a) - versionNumber(b) })
	return all, nil
}

func versionNumber(v string) int {
	whole, _, _ := strings.Cut(v, ".")
	n, _ := strconv.Atoi(whole) // versionPattern has checked it
	return n
}

// chooseVersion asks the org for its versions, once a day at most. A fixed
// version that it does not have is refused here, with its newest; where the org
// does not tell, a fixed one is taken for good.
func (c *Client) chooseVersion(ctx context.Context, base string) error {
	c.mu.Lock()
	known := c.version != "" && time.Since(c.versionAt) < versionLife
	c.mu.Unlock()
	if known {
		return nil
	}
	wanted := c.config.APIVersion
	var all []string
	err := c.withRetries(ctx, "ask for API versions", func() (err error) {
		all, err = c.versions(ctx, base)
		if err != nil && wanted != HighestVersion && ctx.Err() == nil {
			all, err = []string{wanted}, nil // not worth a repetition
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case wanted == HighestVersion:
		wanted = all[len(all)-1]
	case !slices.Contains(all, wanted):
		return &Error{
			Op: "choose an API version", Code: codeNoVersion,
			Message: fmt.Sprintf("the org has no API version %s; its newest is %s", wanted, all[len(all)-1]),
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version, c.versionAt = wanted, time.Now()
	return nil
}

// APIVersion is the version that is asked for; empty with HighestVersion before
// the first sign-in.
func (c *Client) APIVersion() string {
	if c.config.APIVersion != HighestVersion {
		return c.config.APIVersion
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// versioned puts the org's newest version into a path that was made before it
// was known.
func (c *Client) versioned(r *http.Request) *http.Request {
	const unknown = "/services/data/v" + HighestVersion + "/"
	if rest, ok := strings.CutPrefix(r.URL.Path, unknown); ok {
		u := *r.URL
		u.Path, u.RawPath = "/services/data/v"+c.APIVersion()+"/"+rest, ""
		r.URL = &u
	}
	return r
}
