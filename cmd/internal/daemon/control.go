package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
)

// control serves the commands over a 0600 socket in the data folder: who may
// open the folder may do what is served here, and nobody else.
type control struct {
	path     string
	listener net.Listener
	server   *http.Server
}

// office is what commands work on: the data folder with its orgs, in the
// running daemon or in the command's own process.
type office struct {
	data *data
	orgs *orgs
	// bridge is the running one, nil where none runs.
	bridge *bridge.Bridge
	// reload makes a change act; findings tells how everything is.
	reload   func(context.Context) error
	findings func(context.Context) []Finding
}

func listenControl(ctx context.Context, path string, o *office) (*control, error) {
	// The folder is locked by us: a socket in it is left over from a kill.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old control socket: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w: choose a data folder with a shorter path if it is too long", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("protect the control socket: %w", err)
	}
	return &control{path: path, listener: l, server: &http.Server{Handler: o.routes(), ReadHeaderTimeout: 5 * time.Second}}, nil
}

func (c *control) serve() { _ = c.server.Serve(c.listener) }

// close ends the server. A command under way has until ctx ends.
func (c *control) close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	defer func() { _ = c.listener.Close() }() // the server knows it only once it serves
	if c.server.Shutdown(ctx) != nil {
		return c.server.Close()
	}
	return nil
}

func (o *office) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /config", o.export)
	mux.HandleFunc("POST /config", o.importDocument)
	mux.HandleFunc("POST /sync", o.sync)
	mux.HandleFunc("GET /lookup", o.lookup)
	mux.HandleFunc("GET /check", o.check)
	mux.HandleFunc("POST /administrators", o.saveAdministrator)
	mux.HandleFunc("GET /tokens", o.tokens)
	mux.HandleFunc("POST /tokens/{name}", o.newToken)
	mux.HandleFunc("DELETE /tokens/{name}", o.deleteToken)
	mux.HandleFunc("POST /outbound-address", o.newOutboundAddress)
	mux.HandleFunc("POST /why", o.why)
	mux.HandleFunc("POST /privacy/export", o.privacyExport)
	mux.HandleFunc("POST /privacy/erase", o.privacyErase)
	return mux
}

// actor is who the audit log names for what a command did.
const actor = "command line"

func (o *office) export(w http.ResponseWriter, r *http.Request) {
	doc, err := o.data.store.Document(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	if err := bridge.MarshalDocument(w, doc); err != nil {
		fail(w, err)
	}
}

func (o *office) importDocument(w http.ResponseWriter, r *http.Request) {
	var doc bridge.Document
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20)).Decode(&doc); err != nil {
		fail(w, fmt.Errorf("read the document: %w", err))
		return
	}
	if err := o.orgs.checkObjects(r.Context(), doc); err != nil {
		fail(w, err)
		return
	}
	report, err := o.data.store.Import(r.Context(), actor, doc, r.URL.Query().Get("replace") == "true")
	if err == nil { // what is stored acts, also where the command has gone
		err = o.reload(context.WithoutCancel(r.Context()))
	}
	answer(w, report, err)
}

// SyncRequest says what `sync` is to do; an empty Org means all.
type SyncRequest struct {
	Org string
	replica.SyncRequest
}

// SyncLine is one line of the progress of a sync. The last line of each org
// has Result or Error.
type SyncLine struct {
	Org      string
	Progress *lookup.SyncStatus  `json:",omitempty"`
	Result   *replica.SyncResult `json:",omitempty"`
	Error    string              `json:",omitempty"`
	Cure     string              `json:",omitempty"`
}

func (o *office) sync(w http.ResponseWriter, r *http.Request) {
	var req SyncRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		fail(w, err)
		return
	}
	found, err := o.orgs.named(req.Org)
	if err != nil {
		fail(w, err)
		return
	}
	lines, flush := json.NewEncoder(w), http.NewResponseController(w)
	tell := func(l SyncLine) {
		_ = lines.Encode(l)
		_ = flush.Flush()
	}
	for _, org := range found {
		line := SyncLine{Org: org.config.Name}
		err := org.fault
		if org.replica != nil {
			var result replica.SyncResult
			result, err = org.replica.Sync(r.Context(), req.SyncRequest, func(s lookup.SyncStatus) {
				tell(SyncLine{Org: org.config.Name, Progress: &s})
			})
			line.Result = &result
		}
		if err != nil {
			line.Result, line.Error, line.Cure = nil, err.Error(), orgCure(err)
		}
		tell(line)
	}
}

// Found is what the directory says of one number.
type Found struct {
	Input   string      `json:"input"`
	E164    string      `json:"e164"`
	Kind    lookup.Kind `json:"kind"`
	Matches []FoundAs   `json:"matches"`
}

// FoundAs is one record that has the number.
type FoundAs struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Name    string `json:"name"`
	Company string `json:"company,omitempty"`
	Org     string `json:"org"`
	Match   string `json:"match"`
}

func (o *office) lookup(w http.ResponseWriter, r *http.Request) {
	links, err := o.data.store.Links(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	var plan lookup.DialPlan // that of the first link: the PBX whose callers are meant
	if len(links) > 0 {
		plan = lookup.DialPlan(links[0].DialPlan)
	}
	found, err := o.orgs.named(r.URL.Query().Get("org"))
	if err != nil {
		fail(w, err)
		return
	}
	out := []Found{}
	for _, input := range r.URL.Query()["number"] {
		f, err := o.found(r.Context(), found, plan, input)
		if err != nil {
			fail(w, err)
			return
		}
		out = append(out, f)
	}
	answer(w, out, nil)
}

// found asks each org whose number input is. Orgs may read an ambiguous number
// otherwise; the first that knows it says what it is.
func (o *office) found(ctx context.Context, orgs []*runningOrg, plan lookup.DialPlan, input string) (Found, error) {
	readings, kind := plan.Readings(input)
	f := Found{Input: input, Kind: kind, Matches: []FoundAs{}}
	if len(readings) == 0 {
		return f, nil
	}
	f.E164 = string(readings[0])
	for _, org := range orgs {
		n, matches, err := o.data.directory.FindFirst(ctx, lookup.Scope{Org: org.config.ID}, readings)
		if err != nil {
			return f, err
		}
		if len(matches) > 0 && len(f.Matches) == 0 {
			f.E164 = string(n)
		}
		for _, m := range matches {
			f.Matches = append(f.Matches, FoundAs{m.ID, m.Object, m.Name, m.Company, org.config.Name, m.Match})
		}
	}
	return f, nil
}

func (o *office) check(w http.ResponseWriter, r *http.Request) {
	answer(w, o.findings(r.Context()), nil)
}

// AdministratorRequest creates an account of the panel or gives it a new
// password. The password itself does not travel.
type AdministratorRequest struct {
	Name, PasswordHash string
	Create             bool
}

func (o *office) saveAdministrator(w http.ResponseWriter, r *http.Request) {
	var req AdministratorRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		fail(w, err)
		return
	}
	present, err := o.data.store.Administrator(r.Context(), req.Name)
	switch {
	case req.Create && err == nil:
		err = fmt.Errorf("administrator %q: %w", req.Name, bridge.ErrConflict)
	case req.Create && errors.Is(err, bridge.ErrNotFound):
		present, err = bridge.Administrator{Name: req.Name, CreatedAt: time.Now()}, nil
	case errors.Is(err, bridge.ErrNotFound):
		err = fmt.Errorf("administrator %q: %w: create it with admin create-user", req.Name, err)
	}
	if err == nil {
		present.PasswordHash = req.PasswordHash
		err = o.data.store.SaveAdministrator(r.Context(), actor, present)
	}
	answer(w, struct{}{}, err)
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusUnprocessableEntity)
}
