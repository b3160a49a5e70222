package salesforce

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// cleanInstanceURL turns what people paste into the org's My Domain address
// without path: "acme.lightning.force.com/lightning/page/home" becomes
// "https://acme.my.salesforce.com".
func cleanInstanceURL(pasted string) (string, error) {
	text := cleanKey(pasted)
	if text == "" {
		return "", errors.New("salesforce: the org's address is empty; take it from Setup, My Domain")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", errors.New("salesforce: the org's address is not a web address; it looks like https://example.my.salesforce.com")
	}
	host := strings.ToLower(u.Host)
	if before, ok := strings.CutSuffix(host, ".lightning.force.com"); ok {
		host = before + ".my.salesforce.com"
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	default:
		return "", fmt.Errorf("salesforce: the org's address starts with %s://; only https:// is safe", u.Scheme)
	}
	return u.Scheme + "://" + host, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// cleanKey takes blanks, line ends and invisible characters out of a pasted
// value; none of them is ever part of one.
func cleanKey(pasted string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, pasted)
}

var versionPattern = regexp.MustCompile(`^[1-9][0-9]{1,2}\.0$`)

// cleanVersion accepts "66.0", "66", "v66.0" and "highest".
func cleanVersion(v string) (string, error) {
	v = strings.TrimPrefix(cleanKey(v), "v")
	if v == "" {
		return DefaultAPIVersion, nil
	}
	if v == HighestVersion {
		return v, nil
	}
	if !strings.Contains(v, ".") {
		v += ".0"
	}
	if !versionPattern.MatchString(v) {
		return "", fmt.Errorf("salesforce: API version %q is not like %s", v, DefaultAPIVersion)
	}
	return v, nil
}

// genericLogin says whether host is a sign-in page for all orgs, which refuses
// client credentials.
func genericLogin(instanceURL string) bool {
	u, err := url.Parse(instanceURL)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "login.salesforce.com" || host == "test.salesforce.com"
}

// CheckVersion says what is wrong with an API version.
func CheckVersion(v string) error {
	_, err := cleanVersion(v)
	return err
}
