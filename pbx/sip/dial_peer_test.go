//go:build peers

package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/ctibridge/ctibridge/pbx"
)

// startBaresip runs a real telephone that answers by itself, registered as 1001.
func startBaresip(t *testing.T, server string) {
	t.Helper()
	probe, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := probe.LocalAddr().String()
	_ = probe.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config": "sip_listen " + listen + "\naudio_player aubridge,nil\naudio_source aubridge,nil\naudio_alert aubridge,nil\n" +
			"module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aubridge.so\nmodule_app account.so\nmodule_app menu.so\n",
		"accounts": fmt.Sprintf("<sip:1001@pbx.example.com>;answermode=auto;regint=3600;outbound=\"sip:%s\"\n", server),
		"contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	logName := filepath.Join(dir, "log")
	log, err := os.Create(logName)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "baresip", "-4", "-s", "-f", dir, "-n", "127.0.0.1")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("baresip does not start (apt: baresip-core): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	for range 400 {
		if text, _ := os.ReadFile(logName); bytes.Contains(text, []byte("1 binding")) {
			return
		}
		time.Sleep(25 * time.Millisecond) // the phone says it on its screen only
	}
	text, _ := os.ReadFile(logName)
	t.Fatalf("the phone does not register:\n%s", text)
}

// peerOf is a run with a real Kamailio, configured so; the agent's telephone is
// a baresip if real.
func peerOf(t *testing.T, transport string, real bool, change func(*pbx.LinkConfig)) (*phone, *running) {
	t.Helper()
	server := ""
	p, r := kamailioRun(t, transport, change, func(c *pbx.LinkConfig) { server = c.Server })
	r.status("connected", func(s pbx.Status) bool { return s.State == pbx.LinkConnected })
	if real {
		startBaresip(t, server)
	}
	return p, r
}

// TestKamailioThirdParty: a real telephone behind a real proxy makes the offer,
// and the far end's answer reaches it.
func TestKamailioThirdParty(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		p, r := peerOf(t, transport, true, func(c *pbx.LinkConfig) { c.DialBy = "3pcc" })
		id, err := r.link.MakeCall(t.Context(), "1001", "03023125007")
		if err != nil {
			t.Fatal(err)
		}
		r.want(id, pbx.EventOriginated, pbx.CauseNone)
		invite := p.next("INVITE")
		if !strings.Contains(string(invite.Body()), "a=tool:baresip") || invite.Recipient.User != "03023125007" {
			t.Errorf("the far end got\n%s", invite)
		}
		p.answer(invite, 180, "Ringing")
		res := gosip.NewResponseFromRequest(invite, 200, "OK", []byte(strings.Replace(media(5000, "sendrecv"), "192.0.2.1", "127.0.0.1", 2)))
		res.To().Params.Remove("tag")
		res.To().Params.Add("tag", "phone")
		res.AppendHeader(gosip.NewHeader("Contact", "<sip:phone@"+p.addr()+">"))
		res.AppendHeader(gosip.NewHeader("Content-Type", "application/sdp"))
		p.send(res.String())
		p.next("ACK")
		r.want(id, pbx.EventEstablished, pbx.CauseNone)
		p.send(p.request("BYE", invite.Contact().Address.String(), "<sip:03023125007@pbx.example.com>;tag=phone",
			"<sip:cti@pbx.example.com>;tag="+tagOf(invite), invite.CallID().Value(), 2, routes(invite.GetHeaders("Record-Route"), false)))
		r.want(id, pbx.EventConnectionCleared, pbx.CauseNone)
	})
}

// TestKamailioReferOut: the proxy passes the REFER on. baresip does not take it,
// which the agent is told; a telephone that does dials.
func TestKamailioReferOut(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		for _, real := range []bool{true, false} {
			p, r := peerOf(t, transport, real, func(c *pbx.LinkConfig) { c.DialBy = "outOfDialogRefer" })
			id, err := r.link.MakeCall(t.Context(), "1001", "03023125007")
			if err != nil {
				t.Fatal(err)
			}
			r.want(id, pbx.EventOriginated, pbx.CauseNone)
			if real {
				if e := r.want(id, pbx.EventFailed, pbx.CauseNotAllowed); !strings.Contains(e.Detail, "501") {
					t.Errorf("baresip's refusal came as %q", e.Detail)
				}
				continue
			}
			refer := p.next("REFER")
			p.answer(refer, 202, "Accepted")
			frag := func(cseq int, line string) {
				text := p.request("NOTIFY", refer.Contact().Address.String(), "<sip:1001@pbx.example.com>;tag=phone",
					"<sip:cti@pbx.example.com>;tag="+tagOf(refer), refer.CallID().Value(), cseq,
					routes(refer.GetHeaders("Record-Route"), false)+"Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n")
				p.send(strings.Replace(text, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(line), line), 1))
			}
			frag(2, "SIP/2.0 100 Trying\r\n")
			frag(3, "SIP/2.0 486 Busy Here\r\n")
			r.want(id, pbx.EventFailed, pbx.CauseBusy)
		}
	})
}

// TestKamailioTalk: the event reaches the telephone through the proxy; baresip
// does not know it.
func TestKamailioTalk(t *testing.T) {
	both(t, func(t *testing.T, transport string) {
		p, r := peerOf(t, transport, false, func(c *pbx.LinkConfig) { c.AnswerBy = "talk" })
		p.send(p.request("INVITE", "sip:1001@pbx.example.com", trunkFrom, agentTo, "talk-"+transport, 1, ""))
		invite := p.next("INVITE")
		p.answer(invite, 180, "Ringing")
		r.next("1001 Delivered talk-" + transport + " in +493023125006")
		id := pbx.ConnectionID{Call: pbx.CallID("talk-" + transport), Device: "1001"}
		done := make(chan error, 1)
		go func() { done <- r.link.AnswerCall(t.Context(), id) }()
		talk := p.next("NOTIFY")
		if h := talk.GetHeader("Event"); h == nil || h.Value() != "talk" {
			t.Errorf("the telephone got\n%s", talk)
		}
		p.answer(talk, 200, "OK")
		if err := <-done; err != nil {
			t.Error(err)
		}
		go func() { done <- r.link.AnswerCall(t.Context(), id) }()
		p.answer(p.next("NOTIFY"), 481, "Subscription Does Not Exist") // as baresip says
		if err := <-done; !errors.Is(err, pbx.ErrNotSupported) {
			t.Errorf("a telephone that cannot: %v", err)
		}
		p.answer(invite, 486, "Busy Here")
	})
}
