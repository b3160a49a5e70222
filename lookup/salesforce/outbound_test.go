package salesforce_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

const outboundOrg = "00D000000000001EAA"

// outbound is a message as orgs send it, with n notifications.
func outbound(n int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>00D000000000001</OrganizationId>
   <ActionId>04k000000000001AAA</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/66.0/00D000000000001</EnterpriseUrl>
   <PartnerUrl>https://example.my.salesforce.com/services/Soap/u/66.0/00D000000000001</PartnerUrl>`)
	for i := range n {
		fmt.Fprintf(&b, `
   <Notification>
    <Id>04l%012d</Id>
    <sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>003%012d</sf:Id>
     <sf:Name>Berta Beispiel &amp; Töchter</sf:Name>
    </sObject>
   </Notification>`, i, i)
	}
	b.WriteString(`
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`)
	return b.String()
}

func TestParseOutboundMessage(t *testing.T) {
	t.Parallel()
	m, err := salesforce.ParseOutboundMessage(strings.NewReader(outbound(2)))
	if err != nil {
		t.Fatal(err)
	}
	want := []salesforce.Notification{{"04l000000000000", "Contact", "003000000000000AAA"}, {"04l000000000001", "Contact", "003000000000001AAA"}}
	if m.OrgID != outboundOrg || m.ActionID != "04k000000000001AAA" || !slices.Equal(m.Notifications, want) {
		t.Errorf("%+v", m)
	}
	if m, err := salesforce.ParseOutboundMessage(strings.NewReader(outbound(100))); err != nil || len(m.Notifications) != 100 {
		t.Errorf("a hundred notifications: %d, %v", len(m.Notifications), err)
	}
}

func TestParseOutboundMessageRefuses(t *testing.T) {
	t.Parallel()
	good := outbound(1)
	swap := func(old, to string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the message", old)
		}
		return strings.Replace(good, old, to, 1)
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"a page":              "<html><body>Maintenance</body></html>",
		"cut short":           good[:len(good)/2],
		"another envelope":    swap("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
		"no notification":     outbound(0),
		"more than a hundred": outbound(101),
		"larger than 1 MB":    swap("Töchter", strings.Repeat("x", 1<<20)),
		"no org":              swap("00D000000000001</Org", "</Org"),
		"a wrong record id":   swap("003000000000000", "../../etc"),
		"no type":             swap(` xsi:type="sf:Contact"`, ""),
		"a hostile type":      swap("sf:Contact", "sf:Contact WHERE Id != null"),
		"an entity":           `<!DOCTYPE x [<!ENTITY y "Contact">]>` + swap("sf:Contact", "sf:&y;")[len(`<?xml version="1.0" encoding="UTF-8"?>`):],
	} {
		if m, err := salesforce.ParseOutboundMessage(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read as %+v", name, m)
		} else if strings.Contains(err.Error(), "Beispiel") {
			t.Errorf("%s: the error tells what the message holds: %v", name, err)
		}
	}
}

func FuzzParseOutboundMessage(f *testing.F) {
	f.Add(outbound(1))
	f.Add(outbound(0))
	f.Fuzz(func(t *testing.T, text string) {
		m, err := salesforce.ParseOutboundMessage(strings.NewReader(text))
		if err != nil {
			return
		}
		if len(m.OrgID) != 18 || len(m.Notifications) == 0 || len(m.Notifications) > 100 {
			t.Errorf("%+v", m)
		}
		for _, n := range m.Notifications {
			if len(n.Record) != 18 || n.Object == "" || strings.ContainsAny(n.Object, " '\"<>") {
				t.Errorf("%+v", n)
			}
		}
	})
}
