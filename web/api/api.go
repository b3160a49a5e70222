// Package api is what programs call, where web/admin and web/agent are what
// people use: Salesforce with its outbound messages, and the customer's own
// programs with a token.
//
//	POST /salesforce/outbound-message/{org}/{secret} ─► secret ─► hints ─► acknowledgement
//	POST /api/v1/sync/{org}/{object}                 ─► token  ─► sync  ─► {"synced": 3}
//
// Bodies are bounded and read with a time limit, and what is asked for runs under
// limits of its own, so that somebody who learned a secret can disturb nothing
// else: hints have a budget (replica.DefaultHintBudget), and of the API eight
// requests run at a time, the next ones are told 429. A program that asks for each
// of many changes is answered 202 and {"synced": 0, "later": true}: they are read
// together, within two minutes.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup"
)

const (
	// maxMessage is how large an outbound message may be, maxBody any other.
	maxMessage = 1 << 20
	maxBody    = 64 << 10
	// atOnce is how many requests of the API run at a time.
	atOnce = 8
	// within is how long a client may take to send its request.
	within = 30 * time.Second
)

// ErrMalformed is wrapped by what Orgs say of a message that cannot be read, or is
// another org's.
var ErrMalformed = errors.New("malformed message")

// Secrets tell who may come in.
type Secrets interface {
	// OutboundSecret reports whether secret belongs to an org.
	OutboundSecret(ctx context.Context, org, secret string) (bool, error)
	// TokenName is the name of a token; bridge.ErrNotFound if it is not good.
	TokenName(ctx context.Context, token string) (string, error)
}

// Orgs are the orgs that are copied. An unknown one is bridge.ErrNotFound.
type Orgs interface {
	// Message takes in an outbound message of an org and gives the reply that
	// acknowledges it. It does not wait for the org.
	Message(ctx context.Context, org string, body []byte) (reply string, err error)
	// SyncObject reads what has changed of an object, or those records only whose
	// ids are given, and tells how many records that were. With lookup.ErrShared it
	// does so within two minutes.
	SyncObject(ctx context.Context, org, object string, ids []string) (synced int, err error)
}

// Options are what the handlers need.
type Options struct {
	Secrets Secrets
	Orgs    Orgs
	Logger  *slog.Logger
}

type handler struct {
	Options
	places chan struct{}
}

// New serves /salesforce/outbound-message/ and /api/v1/.
func New(o Options) http.Handler {
	h := &handler{Options: o, places: make(chan struct{}, atOnce)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /salesforce/outbound-message/{org}/{secret}", h.outboundMessage)
	mux.HandleFunc("POST /api/v1/sync/{org}/{object}", h.authorized(h.sync))
	return mux
}

// body reads a request's body, bounded in size and time. It answers if that fails.
func body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(within)) // not all writers can
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		fail(w, http.StatusRequestEntityTooLarge, "The message is too large.")
	case err != nil:
		fail(w, http.StatusBadRequest, "The message broke off.")
	}
	return data, err == nil
}

// outboundMessage takes what an org posts. A wrong secret is answered as an
// address that does not exist.
func (h *handler) outboundMessage(w http.ResponseWriter, r *http.Request) {
	org := r.PathValue("org")
	good, err := h.Secrets.OutboundSecret(r.Context(), org, r.PathValue("secret"))
	switch {
	case err != nil:
		h.broken(w, r, err)
		return
	case !good:
		http.NotFound(w, r)
		return
	}
	message, ok := body(w, r, maxMessage)
	if !ok {
		return
	}
	reply, err := h.Orgs.Message(r.Context(), org, message)
	switch {
	case errors.Is(err, ErrMalformed):
		fail(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, bridge.ErrNotFound): // deleted a moment ago
		http.NotFound(w, r)
	case err != nil:
		h.broken(w, r, err)
	default:
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = io.WriteString(w, reply)
	}
}

// authorized lets in who shows a token, and so many at a time.
func (h *handler) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ") // RFC 6750 section 2.1
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="ctibridge"`)
			fail(w, http.StatusUnauthorized, "Send a token as “Authorization: Bearer …”; ctibridge admin create-token makes one.")
			return
		}
		_, err := h.Secrets.TokenName(r.Context(), strings.TrimSpace(token))
		switch {
		case errors.Is(err, bridge.ErrNotFound):
			w.Header().Set("WWW-Authenticate", `Bearer realm="ctibridge", error="invalid_token"`)
			fail(w, http.StatusUnauthorized, "The token is not good (any more).")
			return
		case err != nil:
			h.broken(w, r, err)
			return
		}
		select {
		case h.places <- struct{}{}:
			defer func() { <-h.places }()
		default:
			w.Header().Set("Retry-After", "1")
			fail(w, http.StatusTooManyRequests, "Too many requests at a time; try again in a second.")
			return
		}
		next(w, r)
	}
}

// syncBody is what a request to sync may hold.
type syncBody struct {
	IDs []string `json:"ids"`
}

// maxIDs is how many records one request names at most.
const maxIDs = 2000

// sync reads what has changed of an object.
func (h *handler) sync(w http.ResponseWriter, r *http.Request) {
	data, ok := body(w, r, maxBody)
	if !ok {
		return
	}
	var asked syncBody
	if data = bytes.TrimSpace(data); len(data) > 0 {
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&asked); err != nil || len(asked.IDs) > maxIDs {
			fail(w, http.StatusBadRequest, `The body may be empty, or {"ids": […]} with 2,000 record ids at most.`)
			return
		}
	}
	n, err := h.Orgs.SyncObject(r.Context(), r.PathValue("org"), r.PathValue("object"), asked.IDs)
	switch {
	case errors.Is(err, bridge.ErrNotFound):
		fail(w, http.StatusNotFound, err.Error())
	case errors.Is(err, lookup.ErrShared):
		reply(w, http.StatusAccepted, map[string]any{"synced": 0, "later": true})
	case err != nil && r.Context().Err() == nil:
		fail(w, http.StatusBadGateway, err.Error()) // what Salesforce said, which holds no secret
	case err == nil:
		reply(w, http.StatusOK, map[string]int{"synced": n})
	}
}

// broken answers for a fault of our own.
func (h *handler) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	h.Logger.Error("a request of the API failed", "err", err)
	fail(w, http.StatusInternalServerError, "The bridge could not do this; its log says why.")
}

func fail(w http.ResponseWriter, status int, text string) {
	reply(w, status, map[string]string{"error": text})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
