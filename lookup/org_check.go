package lookup

import (
	"strings"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/pubsub"
)

// CheckPrivateKey says what is wrong with SignIn.PrivateKey.
func CheckPrivateKey(pem string) error {
	_, err := salesforce.ParsePrivateKey(pem)
	return plain(err)
}

// CheckCA says what is wrong with Connection.CA.
func CheckCA(pem string) error {
	_, err := salesforce.ParseCA(nil, pem)
	return plain(err)
}

// CheckProxy says what is wrong with Connection.ProxyURL.
func CheckProxy(url string) error {
	_, err := salesforce.ParseProxy(url)
	return plain(err)
}

// CheckProxyException says what is wrong with one of Connection.ProxyExceptions.
func CheckProxyException(text string) error { return plain(salesforce.CheckProxyException(text)) }

// CheckAPIVersion says what is wrong with Connection.APIVersion.
func CheckAPIVersion(version string) error { return plain(salesforce.CheckVersion(version)) }

// plainError is an error without the name of the package that found it.
type plainError struct{ error }

func (e plainError) Error() string {
	return strings.TrimPrefix(strings.TrimPrefix(e.error.Error(), "salesforce: "), "pubsub: ")
}

func (e plainError) Unwrap() error { return e.error }

func plain(err error) error {
	if err == nil {
		return nil
	}
	return plainError{err}
}

// CheckPubSubURL says what is wrong with Connection.PubSubURL.
func CheckPubSubURL(url string) error { return plain(pubsub.CheckURL(url)) }
