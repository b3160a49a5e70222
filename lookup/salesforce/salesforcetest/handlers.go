package salesforcetest

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const (
	tokenPath   = "/services/oauth2/token"
	bodyLimit   = 1 << 20
	versionPart = "/services/data/{version}"
)

// Handler serves the org's API, for servers of one's own; Start serves it too.
func (o *Org) Handler() http.Handler {
	mux := http.NewServeMux()
	o.signInRoutes(mux)
	mux.HandleFunc("GET /services/data", o.serveVersions)
	mux.HandleFunc("GET /services/data/{$}", o.serveVersions)
	api := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, o.withSession(h))
		if !strings.HasSuffix(pattern, "/") {
			mux.Handle(pattern+"/{$}", o.withSession(h))
		}
	}
	o.identityRoutes(mux, api)
	api("GET "+versionPart, o.serveResources)
	api("GET "+versionPart+"/limits", o.serveLimits)
	api("GET "+versionPart+"/limits/recordCount", o.serveRecordCount)
	api("GET "+versionPart+"/query", o.serveQuery)
	api("GET "+versionPart+"/query/", o.serveMore)
	api("GET "+versionPart+"/queryAll", o.serveQueryAll)
	api("GET "+versionPart+"/queryAll/", o.serveMore)
	api("GET "+versionPart+"/search", o.serveSearch)
	api("GET "+versionPart+"/sobjects", o.serveObjects)
	api("GET "+versionPart+"/sobjects/{object}/describe", o.serveDescribe)
	api("POST "+versionPart+"/sobjects/{object}", o.serveCreate)
	api("GET "+versionPart+"/sobjects/{object}/{id}", o.serveRecord)
	api("PATCH "+versionPart+"/sobjects/{object}/{id}", o.serveUpdate)
	api("DELETE "+versionPart+"/sobjects/{object}/{id}", o.serveDelete)
	api("GET "+versionPart+"/sobjects/{object}/{field}/{value}", o.serveByValue)
	api("PATCH "+versionPart+"/sobjects/{object}/{field}/{value}", o.serveUpsert)
	api("GET "+versionPart+"/sobjects/{object}/updated", o.serveUpdated)
	api("GET "+versionPart+"/sobjects/{object}/deleted", o.serveDeleted)
	o.bulkRoutes(api)
	o.compositeRoutes(api, mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, apiError(404, "NOT_FOUND", "The requested resource does not exist"))
	})
	return o.withFaults(mux)
}

var versionPattern = regexp.MustCompile(`^v([0-9]{2,3})\.0$`)

// withSession checks token, version and limit, counts the call and answers errors.
func (o *Org) withSession(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := tokenOf(r)
		o.mu.Lock()
		_, ok := o.sessions[token]
		if ok {
			o.used++
			w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", o.used, o.limit))
		}
		over := o.used > o.limit
		o.mu.Unlock()
		var err error
		switch version := r.PathValue("version"); {
		case !ok:
			err = apiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
		case over:
			err = apiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
		case version != "" && o.versionError(version) != nil:
			err = o.versionError(version)
		default:
			if err = unzip(w, r); err == nil {
				err = h(w, r)
			}
		}
		if err != nil {
			writeError(w, err)
		}
	})
}

func tokenOf(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return cmp.Or(token, r.URL.Query().Get("oauth_token"))
}

// unzip bounds the body of a request, also of one that comes packed.
func unzip(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Content-Encoding") == "gzip" && r.Body != http.NoBody {
		z, err := gzip.NewReader(http.MaxBytesReader(w, r.Body, bodyLimit))
		if err != nil {
			return apiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not in the encoding that its header names")
		}
		r.Body = z
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	return nil
}

// base is the address under which this request reached the org.
func (o *Org) base(r *http.Request) string {
	if u := o.URL(); u != "" {
		return u
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (o *Org) serveResources(w http.ResponseWriter, r *http.Request) error {
	user, err := o.whoAsks(r)
	if err != nil {
		return err
	}
	base := "/services/data/" + r.PathValue("version")
	writeJSON(w, 200, map[string]string{
		"sobjects": base + "/sobjects", "query": base + "/query", "queryAll": base + "/queryAll", "search": base + "/search",
		"limits": base + "/limits", "identity": o.base(r) + "/id/" + o.id + "/" + user.ID,
	})
	return nil
}

// serveRecordCount counts what the run-as user may not see, too, and leaves
// out what there is none of, as Salesforce does.
func (o *Org) serveRecordCount(w http.ResponseWriter, r *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := []any{}
	for name := range strings.SplitSeq(r.URL.Query().Get("sObjects"), ",") {
		if t, ok := o.tables[strings.ToLower(strings.TrimSpace(name))]; ok && t.live() > 0 {
			list = append(list, map[string]any{"name": t.name, "count": t.live()})
		}
	}
	writeJSON(w, 200, map[string]any{"sObjects": list})
	return nil
}

func (o *Org) serveObjects(w http.ResponseWriter, _ *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := []any{}
	for _, name := range slices.Sorted(maps.Keys(o.tables)) {
		if t := o.tables[name]; !t.invisible {
			list = append(list, t.summary())
		}
	}
	writeJSON(w, 200, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": list})
	return nil
}

func (t *table) summary() map[string]any {
	return map[string]any{
		"name": t.name, "label": t.name, "keyPrefix": t.prefix, "queryable": true, "createable": true, "updateable": true,
		"deletable": true, "searchable": true, "custom": strings.HasSuffix(t.name, "__c"),
	}
}

func (o *Org) serveDescribe(w http.ResponseWriter, r *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t, ok := o.table(r.PathValue("object"))
	if !ok {
		return apiError(404, "NOT_FOUND", "The requested resource does not exist")
	}
	fields := []any{}
	for _, c := range t.columns {
		if !t.hidden[strings.ToLower(c.name)] {
			fields = append(fields, c.describe())
		}
	}
	described := t.summary()
	described["fields"] = fields
	writeJSON(w, 200, described)
	return nil
}

func (c column) describe() map[string]any {
	d := map[string]any{
		"name": c.name, "label": cmp.Or(c.label, c.name), "type": c.kind, "length": c.length, "filterable": c.kind != kindText, "sortable": c.kind != kindText,
		"nillable": !c.required, "createable": !c.readOnly, "updateable": !c.readOnly && !c.createOnly, "custom": strings.HasSuffix(c.name, "__c"), "externalId": c.external,
		"nameField": c.name == "Name",
		"idLookup":  c.kind == kindID || c.external, "relationshipName": nil, "referenceTo": []string{},
	}
	if c.refersTo != "" {
		d["relationshipName"], d["referenceTo"] = c.relation, append([]string{c.refersTo}, c.orTo...)
	}
	return d
}

func (o *Org) serveRecord(w http.ResponseWriter, r *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	t, row, err := o.find(r.PathValue("object"), r.PathValue("id"))
	if err != nil {
		return err
	}
	if row.deleted() {
		return apiError(404, "ENTITY_IS_DELETED", "entity is deleted")
	}
	t.writeRecord(w, r, row)
	return nil
}

// writeRecord answers with all fields of a record, or with those of ?fields=.
func (t *table) writeRecord(w http.ResponseWriter, r *http.Request, one *row) {
	wanted := strings.ToLower(r.URL.Query().Get("fields"))
	p := &plan{table: t}
	for i, c := range t.columns {
		name := strings.ToLower(c.name)
		if !t.hidden[name] && (wanted == "" || slices.Contains(strings.Split(wanted, ","), name)) {
			p.output = append(p.output, output{name: c.name, path: path{at: i, column: c}})
		}
	}
	writeBody(w, 200, p.appendRecord(nil, one, r.PathValue("version")))
}

func (o *Org) serveCreate(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(r.Body)
	if err != nil {
		return err
	}
	id, err := o.Create(r.PathValue("object"), fields)
	if err != nil {
		return err
	}
	writeJSON(w, 201, map[string]any{"id": id, "success": true, "errors": []any{}})
	return nil
}

func (o *Org) serveUpdate(w http.ResponseWriter, r *http.Request) error {
	fields, err := readFields(r.Body)
	if err != nil {
		return err
	}
	if err := o.Update(r.PathValue("object"), r.PathValue("id"), fields); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (o *Org) serveDelete(w http.ResponseWriter, r *http.Request) error {
	if err := o.Delete(r.PathValue("object"), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readFields reads a record to write; values of every type become text.
func readFields(body io.Reader) (Fields, error) {
	var values map[string]any
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return nil, apiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON")
	}
	fields := Fields{}
	for name, v := range values {
		switch v := v.(type) {
		case nil:
			fields[name] = ""
		case string, bool, json.Number:
			fields[name] = fmt.Sprint(v)
		default:
			if name != "attributes" {
				return nil, apiError(400, "JSON_PARSER_ERROR", "Cannot deserialize value of field "+name, name)
			}
		}
	}
	return fields, nil
}
