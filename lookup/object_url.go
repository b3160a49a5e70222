package lookup

import (
	"net/url"
	"strings"
)

// MaxURLs is how many addresses of a record an object may have.
const MaxURLs = 3

// defaultURL is a record's page in Lightning.
const defaultURL = "{instance}/lightning/r/{object}/{id}/view"

// RecordURLs are the addresses of a record, as the org's configuration of its
// object says: {id}, {object} and {instance} filled in, of {instance} no trailing
// slash. Without any there is the one of its page in Lightning. What would lead
// elsewhere than to a web page is left out.
func (c *OrgConfig) RecordURLs(object, id string) []string {
	templates := []string{defaultURL}
	if o, named := ObjectNamed(c.Objects, object); named && len(o.URLs) > 0 {
		templates = o.URLs[:min(len(o.URLs), MaxURLs)]
	}
	fill := strings.NewReplacer("{id}", url.PathEscape(id), "{object}", url.PathEscape(object), "{instance}", strings.TrimRight(c.InstanceURL, "/"))
	var list []string
	for _, t := range templates {
		filled := fill.Replace(strings.TrimSpace(t))
		u, err := url.Parse(filled)
		if err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
			list = append(list, filled)
		}
	}
	return list
}

// ShownFields are the fields that the panel shows of a record of the object
// beside its name and company, read under the agent's own rights.
func (c *OrgConfig) ShownFields(object string) []string {
	o, _ := ObjectNamed(c.Objects, object)
	return o.Show
}
