package rlmi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// multipart builds a body; each part is its header fields and its content.
func multipart(boundary string, parts ...string) []byte {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("\r\n--" + boundary + "\r\n" + p)
	}
	b.WriteString("\r\n--" + boundary + "--\r\n")
	return []byte(b.String())
}

func rootPart(cid, list string) string {
	return "Content-Transfer-Encoding: binary\r\nContent-ID: <" + cid + ">\r\nContent-Type: application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n" +
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n" + list
}

func documentPart(cid, text string) string {
	return "Content-ID: <" + cid + ">\r\nContent-Type: application/dialog-info+xml\r\n\r\n" + text
}

const namespace = ` xmlns="urn:ietf:params:xml:ns:rlmi"`

// show writes a notification down in short: list version full: resource
// [state reason body].
func show(n Notification) string {
	var b strings.Builder
	for _, l := range n.Lists {
		fmt.Fprintf(&b, "%s %d %t:", l.URI, l.Version, l.Full)
		for _, r := range l.Resources {
			fmt.Fprintf(&b, " %s", r.URI)
			for _, in := range r.Instances {
				fmt.Fprintf(&b, "[%s %d %s %q]", in.ID, in.State, in.Reason, in.Body)
			}
		}
		b.WriteString("\n")
	}
	if n.Truncated {
		b.WriteString("truncated\n")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	list := `<list` + namespace + ` uri="sip:agents@example.com" version="7" fullState="true">` +
		`<name>Agents &amp; more</name><resource uri="sip:101@example.com"><name>101</name><instance id="i1" state="active" cid="c1@example.com"/></resource>` +
		`<resource uri="sip:102@example.com"><instance id="i2" state="terminated" reason="noresource"/></resource>` +
		`<resource uri="sip:103@example.com"/></list>`
	const contentType = `multipart/related;type="application/rlmi+xml";start="<root@example.com>";boundary="b1"`
	inner := multipart("b2", rootPart("inner", `<list`+namespace+` uri="sip:inner@example.com" version="0" fullState="1"><resource uri="sip:104@example.com"><instance id="i4" state="active" cid="c4"/></resource></list>`),
		documentPart("c4", "four"))
	nested := `<list` + namespace + ` uri="sip:agents@example.com" version="8" fullState="false"><resource uri="sip:inner@example.com"><instance id="n" state="active" cid="nested"/></resource></list>`
	for _, tt := range []struct {
		name, contentType string
		body              []byte
		want              string
		err               error
	}{
		{
			"a full list", contentType,
			multipart("b1", documentPart("c1@example.com", "<one>\r\n</one>"), rootPart("root@example.com", list)),
			"sip:agents@example.com 7 true: sip:101@example.com[i1 1  \"<one>\\r\\n</one>\"] sip:102@example.com[i2 2 noresource \"\"] sip:103@example.com\n", nil,
		},
		{
			"the root is the first where start is missing", "multipart/related; boundary=b1",
			multipart("b1", rootPart("r", list), documentPart("c1@example.com", "one")),
			"sip:agents@example.com 7 true: sip:101@example.com[i1 1  \"one\"] sip:102@example.com[i2 2 noresource \"\"] sip:103@example.com\n", nil,
		},
		{
			"a part is missing", "multipart/related; boundary=b1", multipart("b1", rootPart("r", list)),
			"sip:agents@example.com 7 true: sip:101@example.com[i1 1  \"\"] sip:102@example.com[i2 2 noresource \"\"] sip:103@example.com\ntruncated\n", nil,
		},
		{
			"a list in the list", "multipart/related; boundary=b1",
			multipart("b1", rootPart("r", nested), "Content-ID: <nested>\r\nContent-Type: multipart/related;\r\n boundary=b2\r\n\r\n"+string(inner)),
			"sip:agents@example.com 8 false: sip:inner@example.com[n 1  \"\"]\nsip:inner@example.com 0 true: sip:104@example.com[i4 1  \"four\"]\n", nil,
		},
		{
			"broken off", "multipart/related; boundary=b1", []byte(strings.TrimSuffix(string(multipart("b1", rootPart("r", list[:len(list)-30]))), "\r\n--b1--\r\n")),
			"sip:agents@example.com 7 true: sip:101@example.com[i1 1  \"\"] sip:102@example.com[i2 2 noresource \"\"]\ntruncated\n", nil,
		},
		{"a parameter that is none", `multipart/related; type=a/b; boundary="b1"`, multipart("b1", rootPart("r", `<list uri="x" version="1" fullState="true"/>`)), "x 1 true:\n", nil},
		{"no boundary", "multipart/related", nil, "", ErrNotMultipart},
		{"not multipart", "application/rlmi+xml", []byte(list), "", ErrNotMultipart},
		{"no parts", "multipart/related; boundary=b1", []byte("nothing"), "truncated\n", ErrNoList},
		{"no list", "multipart/related; boundary=b1", multipart("b1", documentPart("x", "<html/>")), "", ErrNoList},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := Parse(tt.contentType, tt.body)
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if got := show(n); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// TestBounds: nothing makes it read without end.
func TestBounds(t *testing.T) {
	t.Parallel()
	if _, err := Parse("multipart/related; boundary=b", make([]byte, MaxBody+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large body: %v", err)
	}
	many := `<list version="1" fullState="true">` + strings.Repeat(`<resource uri="x"/>`, MaxResources+1) + "</list>"
	n, err := Parse("multipart/related; boundary=b", multipart("b", rootPart("r", many)))
	if err != nil || len(n.Lists[0].Resources) != MaxResources || !n.Truncated {
		t.Errorf("%d resources, truncated %t, %v", len(n.Lists[0].Resources), n.Truncated, err)
	}
	body, contentType := multipart("b0", rootPart("r", `<list version="1"/>`)), "multipart/related; boundary=b0"
	for i := range MaxDepth + 2 {
		b := fmt.Sprint("b", i+1)
		list := `<list version="1"><resource uri="x"><instance id="1" state="active" cid="in"/></resource></list>`
		body = multipart(b, rootPart("r", list), "Content-ID: <in>\r\nContent-Type: "+contentType+"\r\n\r\n"+string(body))
		contentType = "multipart/related; boundary=" + b
	}
	if n, err = Parse(contentType, body); err != nil || len(n.Lists) != MaxDepth || !n.Truncated {
		t.Errorf("%d lists in lists, truncated %t, %v", len(n.Lists), n.Truncated, err)
	}
}

func FuzzParse(f *testing.F) {
	list := `<list uri="sip:a@example.com" version="7" fullState="true"><resource uri="sip:101@example.com"><instance id="1" state="active" cid="c"/></resource></list>`
	f.Add("multipart/related; boundary=b", multipart("b", rootPart("r", list), documentPart("c", "x")))
	f.Add(`multipart/related; boundary="b"; start="<r>"; x`, multipart("b", documentPart("c", "x"), rootPart("r", list)))
	f.Add("multipart/related; boundary=b", []byte("--b\r\n\r\n<list><resource><instance cid="))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		n, err := Parse(contentType, body)
		if err == nil && len(n.Lists) == 0 {
			t.Error("neither a list nor an error")
		}
		total, text := 0, 0
		for _, l := range n.Lists {
			total += len(l.Resources)
			for _, r := range l.Resources {
				for _, in := range r.Instances {
					text += len(in.Body)
				}
			}
		}
		if total > MaxResources || text > len(body) {
			t.Errorf("%d resources, %d bytes of documents in a body of %d", total, text, len(body))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	list := `<list uri="sip:agents@example.com" version="7" fullState="false"><resource uri="sip:101@example.com"><name>101</name><instance id="i1" state="active" cid="c"/></resource></list>`
	body := multipart("b", rootPart("r", list), documentPart("c", strings.Repeat("x", 600)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("multipart/related; boundary=b", body); err != nil {
			b.Fatal(err)
		}
	}
}
