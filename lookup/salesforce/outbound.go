package salesforce

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// OutboundMessage is what a workflow or flow of an org posts when records change.
type OutboundMessage struct {
	OrgID         string // 18 characters
	ActionID      string
	Notifications []Notification
}

// Notification tells of one record. Salesforce repeats it, with the same ID, until
// the message it came in is acknowledged, and sends those of one record in any order.
type Notification struct {
	ID     string
	Object string // API name
	Record string // 18 characters
}

const (
	// MaxOutboundMessage is how many bytes of a message are read.
	MaxOutboundMessage = 1 << 20
	// maxNotifications is how many Salesforce puts into one message.
	maxNotifications = 100

	outboundNamespace = "http://soap.sforce.com/2005/09/outbound"
	soapNamespace     = "http://schemas.xmlsoap.org/soap/envelope/"
)

// Acknowledgement is the reply that keeps Salesforce from sending a message again.
const Acknowledgement = xml.Header + `<soapenv:Envelope xmlns:soapenv="` + soapNamespace + `"><soapenv:Body>` +
	`<notificationsResponse xmlns="` + outboundNamespace + `"><Ack>true</Ack></notificationsResponse>` +
	`</soapenv:Body></soapenv:Envelope>`

// envelope is a message as it comes. Fields of records are not read: they may be
// older than what the org has by now, and are nobody's business here.
type envelope struct {
	XMLName       xml.Name
	Notifications *struct {
		OrganizationID string `xml:"OrganizationId"`
		ActionID       string `xml:"ActionId"`
		Notification   []struct {
			ID     string `xml:"Id"`
			Record struct {
				Type string `xml:"http://www.w3.org/2001/XMLSchema-instance type,attr"`
				ID   string `xml:"Id"`
			} `xml:"sObject"`
		} `xml:"Notification"`
	} `xml:"Body>notifications"`
}

// ParseOutboundMessage reads a message. It never resolves what XML refers to, as
// encoding/xml knows no entities but the five.
func ParseOutboundMessage(r io.Reader) (OutboundMessage, error) {
	limited := &io.LimitedReader{R: r, N: MaxOutboundMessage + 1}
	var e envelope
	d := xml.NewDecoder(limited)
	err := d.Decode(&e)
	switch {
	case limited.N <= 0:
		return OutboundMessage{}, errors.New("salesforce: outbound message: it is larger than 1 MB")
	case err != nil:
		return OutboundMessage{}, fmt.Errorf("salesforce: outbound message: %w", err)
	case e.XMLName.Space != soapNamespace || e.XMLName.Local != "Envelope" || e.Notifications == nil:
		return OutboundMessage{}, errors.New("salesforce: outbound message: it is no SOAP message with notifications")
	}
	n := e.Notifications
	if len(n.Notification) == 0 || len(n.Notification) > maxNotifications {
		return OutboundMessage{}, fmt.Errorf("salesforce: outbound message: %d notifications, where 1 to %d may be", len(n.Notification), maxNotifications)
	}
	m := OutboundMessage{ActionID: strings.TrimSpace(n.ActionID)}
	if m.OrgID, err = NormalizeID(n.OrganizationID); err != nil {
		return OutboundMessage{}, errors.New("salesforce: outbound message: it names no org")
	}
	for _, one := range n.Notification {
		_, object, prefixed := strings.Cut(one.Record.Type, ":")
		if !prefixed {
			object = one.Record.Type
		}
		record, err := NormalizeID(one.Record.ID)
		if err != nil || !isAPIName(object) {
			return OutboundMessage{}, errors.New("salesforce: outbound message: a notification names no record")
		}
		m.Notifications = append(m.Notifications, Notification{ID: strings.TrimSpace(one.ID), Object: object, Record: record})
	}
	return m, nil
}

// isAPIName tells names such as Contact or sf__Branch__c.
func isAPIName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 80
}
