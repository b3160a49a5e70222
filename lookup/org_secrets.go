package lookup

import (
	"cmp"
	"iter"
	"log/slog"
)

// Secrets are the parts of the configuration that are never shown, logged or
// exported, by their path in the configuration document.
func (c *OrgConfig) Secrets() iter.Seq2[string, *string] {
	return func(yield func(string, *string) bool) {
		for _, s := range []struct {
			path  string
			value *string
		}{
			{"clientSecret", &c.ClientSecret},
			{"signIn.privateKey", &c.SignIn.PrivateKey},
			{"signIn.refreshToken", &c.SignIn.RefreshToken},
			{"signIn.password", &c.SignIn.Password},
			{"signIn.securityToken", &c.SignIn.SecurityToken},
			{"connection.proxyPassword", &c.Connection.ProxyPassword},
		} {
			if !yield(s.path, s.value) {
				return
			}
		}
	}
}

// WithoutSecrets is a copy that can be shown.
func (c OrgConfig) WithoutSecrets() OrgConfig {
	for _, value := range c.Secrets() {
		*value = ""
	}
	return c
}

// SecretPaths are the paths of all Secrets.
func SecretPaths() []string {
	var all []string
	for path := range new(OrgConfig).Secrets() {
		all = append(all, path)
	}
	return all
}

// NeedsSecret tells whether the bridge cannot sign in to the org without a secret.
// An org that is switched off needs none; a sign-in in the browser (SignInWebServer)
// can be done again, so to remove its refresh token is to sign the bridge out.
func (c OrgConfig) NeedsSecret(path string) bool {
	if c.Disabled {
		return false
	}
	switch c.SignIn.Kind {
	case "", SignInClientCredentials:
		return path == "clientSecret" && c.ClientID != ""
	case SignInJWTBearer:
		return path == "signIn.privateKey"
	case SignInPassword:
		return path == "signIn.password"
	}
	return false
}

// TakeSecrets gives c the secrets of stored that it leaves out, but for those in
// RemoveSecrets, which is empty afterwards.
func (c *OrgConfig) TakeSecrets(stored OrgConfig) {
	known := map[string]string{}
	for path, value := range stored.Secrets() {
		known[path] = *value
	}
	for _, path := range c.RemoveSecrets {
		delete(known, path)
	}
	for path, value := range c.Secrets() {
		*value = cmp.Or(*value, known[path])
	}
	c.RemoveSecrets = nil
}

// LogValue leaves the secrets out.
func (c OrgConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", c.ID), slog.String("name", c.Name), slog.String("instance", c.InstanceURL))
}
