package salesforcetest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// acknowledgement is the reply that Salesforce takes a message for received by.
type acknowledgement struct {
	XMLName  xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Response *struct {
		XMLName xml.Name `xml:"http://soap.sforce.com/2005/09/outbound notificationsResponse"`
		Ack     bool     `xml:"http://soap.sforce.com/2005/09/outbound Ack"`
	} `xml:"Body>notificationsResponse"`
}

// acknowledged reads a reply as strictly as Salesforce's SOAP client: the status,
// the envelope and both namespaces have to be right.
func acknowledged(status int, reply []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("salesforcetest: outbound message: answered %d", status)
	}
	var a acknowledgement
	if err := xml.Unmarshal(reply, &a); err != nil {
		return fmt.Errorf("salesforcetest: outbound message: %w", err)
	}
	if a.Response == nil || !a.Response.Ack {
		return errors.New("salesforcetest: outbound message: the reply does not say <Ack>true</Ack>")
	}
	return nil
}
