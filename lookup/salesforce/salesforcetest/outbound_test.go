package salesforcetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

// ear is an endpoint of outbound messages.
type ear struct {
	mu       sync.Mutex
	deaf     int // messages to refuse
	reply    string
	messages []salesforce.OutboundMessage
	bodies   []string
}

func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender has gone
	}
	m, err := salesforce.ParseOutboundMessage(bytes.NewReader(body))
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil || e.deaf > 0 {
		e.deaf--
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	e.messages, e.bodies = append(e.messages, m), append(e.bodies, string(body))
	fmt.Fprint(w, e.reply)
}

// heard are how often each record was told of, and how many messages there were.
func (e *ear) heard() (records map[string]int, messages, most int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	records = map[string]int{}
	for _, m := range e.messages {
		most = max(most, len(m.Notifications))
		for _, n := range m.Notifications {
			records[n.Record]++
		}
	}
	return records, len(e.messages), most
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s", what)
		}
	}
}

func listen(t *testing.T, o *Org, e *ear, m Outbound) {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	m.Object, m.Endpoint = "Contact", server.URL
	if err := o.AddOutbound(m); err != nil {
		t.Fatal(err)
	}
}

// What is created and changed is told of, up to 100 records a message and with
// what they hold when it is sent; deletions are not, nor what is not committed.
func TestOutbound(t *testing.T) {
	t.Parallel()
	c := call(t, Options{})
	e := &ear{deaf: 2, reply: salesforce.Acknowledgement}
	listen(t, c.org, e, Outbound{Fields: []string{"LastName", "Phone"}, Retry: 20 * time.Millisecond})
	id, err := c.org.Create("Contact", Fields{"LastName": "Alt & <Partner>", "Phone": "030 23125-101"})
	if err != nil {
		t.Fatal(err)
	}
	pending, err := c.org.Begin("Contact", Fields{"LastName": "Offen"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.org.Update("Contact", id, Fields{"Phone": "030 23125-102"}); err != nil {
		t.Fatal(err)
	}
	until(t, "retry", func() bool { records, _, _ := e.heard(); return records[id] == 2 })
	if body := e.bodies[0]; !strings.Contains(body, "<sf:LastName>Alt &amp; &lt;Partner&gt;</sf:LastName>") || !strings.Contains(body, "<sf:Phone>030 23125-102<") {
		t.Errorf("the message is\n%s", body)
	}
	if records, _, _ := e.heard(); records[pending.ID] != 0 {
		t.Error("told of a record that nobody sees")
	}
	pending.Commit()
	if err := c.org.Generate(250, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.org.Delete("Contact", id); err != nil {
		t.Fatal(err)
	}
	until(t, "end", func() bool { return c.org.OutboundStatus().Waiting == 0 && len(first(e.heard())) == 252 })
	records, messages, most := e.heard()
	if s := c.org.OutboundStatus(); s.Failed != 2 || s.Messages != messages+2 || most > 100 || records[id] != 2 {
		t.Errorf("%+v, at most %d in one of %d messages, %d of the deleted record", s, most, messages, records[id])
	}
}

func first(records map[string]int, _, _ int) map[string]int { return records }

// What was acknowledged may come twice, and in any order.
func TestOutboundTwiceAndInAnyOrder(t *testing.T) {
	t.Parallel()
	c := call(t, Options{})
	e := &ear{reply: salesforce.Acknowledgement}
	listen(t, c.org, e, Outbound{Retry: time.Millisecond, Repeat: 100, Shuffle: true})
	if err := c.org.Generate(300, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "end", func() bool {
		told := 0
		for _, n := range first(e.heard()) {
			told += n
		}
		return told == 600 && c.org.OutboundStatus().Waiting == 0
	})
	ids := map[string]bool{}
	sorted := true
	last := ""
	for _, m := range e.messages {
		for _, n := range m.Notifications {
			ids[n.ID], sorted, last = true, sorted && last < n.Record, n.Record
		}
	}
	if len(ids) != 300 || sorted {
		t.Errorf("%d ids of 300 notifications, in order: %t", len(ids), sorted)
	}
}

// A reply counts only if it acknowledges as Salesforce wants it to.
func TestOutboundAcknowledgement(t *testing.T) {
	t.Parallel()
	const soap = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>%s</e:Body></e:Envelope>`
	const response = `<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>%s</Ack></notificationsResponse>`
	for what, c := range map[string]struct {
		status int
		reply  string
		want   bool
	}{
		"ours":           {200, salesforce.Acknowledgement, true},
		"plain":          {200, fmt.Sprintf(soap, fmt.Sprintf(response, "true")), true},
		"a page":         {200, "<html></html>", false},
		"nothing":        {200, "", false},
		"JSON":           {200, `{"ok":true}`, false},
		"false":          {200, fmt.Sprintf(soap, fmt.Sprintf(response, "false")), false},
		"no envelope":    {200, fmt.Sprintf(response, "true"), false},
		"no namespace":   {200, fmt.Sprintf(soap, "<notificationsResponse><Ack>true</Ack></notificationsResponse>"), false},
		"another status": {500, salesforce.Acknowledgement, false},
		"a wrong one":    {202, salesforce.Acknowledgement, false},
	} {
		if err := acknowledged(c.status, []byte(c.reply)); (err == nil) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Pauses grow to two hours, and a day ends it.
func TestOutboundGivesUp(t *testing.T) {
	t.Parallel()
	o := NewOrg(Options{})
	if err := o.AddOutbound(Outbound{Object: "Contact", Endpoint: "http://127.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Create("Contact", Fields{"LastName": "Beispiel"}); err != nil {
		t.Fatal(err)
	}
	var pauses []time.Duration
	for now := time.Now(); ; {
		message, wait := o.nextMessage(now)
		if len(message) == 0 && o.OutboundStatus().Waiting == 0 {
			break
		}
		if len(message) == 0 {
			pauses, now = append(pauses, wait.Round(time.Second)), now.Add(wait)
			continue
		}
		o.settle(t.Context(), message, errors.New("deaf"))
		message[0].due = now.Add(time.Until(message[0].due)) // as if the machine's clock went with ours
	}
	if s := o.OutboundStatus(); s.Given != 1 || len(pauses) < 15 || pauses[0] != 5*time.Second || pauses[1] != 10*time.Second || pauses[len(pauses)-1] > time.Hour {
		t.Errorf("%+v, paused %v", s, pauses)
	}
}
