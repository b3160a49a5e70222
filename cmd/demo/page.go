package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
	"github.com/ctibridge/ctibridge/pbx/pbxtest"
	"github.com/ctibridge/ctibridge/web/softphone"
)

// routes is the one list of what the page's server answers.
func (w *world) routes(files fs.FS) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.Handle("GET /softphone-assets/", http.StripPrefix("/softphone-assets/", http.FileServerFS(softphone.Assets())))
	mux.HandleFunc("GET /demo/config", w.config)
	mux.HandleFunc("POST /demo/ticket", w.ticket)
	mux.HandleFunc("POST /demo/ring/{scene}", w.ring)
	mux.HandleFunc("GET /demo/phone", w.phone)
	mux.HandleFunc("POST /demo/phone/{id}/{action}", w.press)
	mux.HandleFunc("GET /demo/record/{object}/{id}", w.record)
	mux.HandleFunc("POST /demo/record/{object}", w.create)
	return mux
}

// seat is one of the two agents and the telephone on the desk.
type seat struct {
	user      salesforcetest.User
	name      string
	extension string
}

// seat is whose page a request comes from.
func (w *world) seat(r *http.Request) seat {
	if r.URL.Query().Get("as") == "bob" {
		return seat{w.mate, mateName, mateExt}
	}
	return seat{w.user, agentName, agentExt}
}

func (w *world) config(rw http.ResponseWriter, r *http.Request) {
	s := w.seat(r)
	reply(rw, map[string]any{
		"bridge":     "ws" + w.bridgeURL[len("http"):] + "/agent/ws",
		"user":       map[string]string{"id": s.user.ID, "name": s.name, "email": s.user.Email},
		"pbx":        w.link.Type,
		"homeRecord": bridge.RecordRef{Object: "Account", ID: w.seed.Company},
	})
}

// ticket signs what Apex signs in a real org.
func (w *world) ticket(rw http.ResponseWriter, r *http.Request) {
	t, err := w.org.Ticket(w.seat(r).user.ID, w.bridgeURL)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(rw, t)
}

// phone streams what the toy telephone shows (Server-Sent Events).
func (w *world) phone(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(rw)
	for {
		changed := w.pbx.Changed()
		shown, err := json.Marshal(map[string]any{"calls": w.shown(w.seat(r).extension)})
		if err != nil {
			return
		}
		fmt.Fprintf(rw, "data: %s\n\n", shown)
		if flush.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-w.stop:
			return
		}
	}
}

// phoneCall is one line on the toy telephone's display.
type phoneCall struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Number   string `json:"number"`
	Name     string `json:"name"`
	Withheld bool   `json:"withheld"`
}

func (w *world) shown(extension string) []phoneCall {
	calls := []phoneCall{}
	for _, c := range w.pbx.Calls(extension) {
		p := phoneCall{ID: string(c.Handle), State: c.State, Number: c.Remote.Number, Name: c.Remote.Name, Withheld: c.Remote.Withheld}
		if p.State == "calling" {
			p.State = "dialing"
		}
		if p.Withheld {
			p.Number, p.Name = "", ""
		}
		calls = append(calls, p)
	}
	return calls
}

// press is a button of the toy telephone.
func (w *world) press(rw http.ResponseWriter, r *http.Request) {
	err := errors.New("the call has ended")
	at := w.seat(r).extension
	for _, c := range w.pbx.Calls(at) {
		if string(c.Handle) != r.PathValue("id") {
			continue
		}
		switch r.PathValue("action") {
		case "answer":
			err = w.pbx.Answer(at, c.Handle)
		case "hangup":
			err = w.pbx.HangUp(at, c.Handle)
		default:
			http.NotFound(rw, r)
			return
		}
	}
	if err != nil {
		conflict(rw, err.Error())
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}

func (w *world) ring(rw http.ResponseWriter, r *http.Request) {
	play, ok := scenes[r.PathValue("scene")]
	if !ok {
		http.NotFound(rw, r)
		return
	}
	if err := play(w); err != nil {
		conflict(rw, err.Error())
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}

func (w *world) state() (ringing, talking *pbxtest.PhoneCall) {
	calls := w.pbx.Calls(agentExt)
	for i := range calls {
		switch calls[i].State {
		case "ringing":
			ringing = &calls[i]
		case "talking":
			talking = &calls[i]
		}
	}
	return ringing, talking
}

func reply(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(v)
}

func conflict(rw http.ResponseWriter, message string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(http.StatusConflict)
	_ = json.NewEncoder(rw).Encode(map[string]string{"message": message})
}
