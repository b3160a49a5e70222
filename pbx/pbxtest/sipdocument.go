package pbxtest

import (
	"fmt"
	"strings"
)

const (
	documentHead = `<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="%d" state="full" entity="sip:%s@%s">
`
	documentTail = "</dialog-info>\n"
)

// changeDocument is what FreeSWITCH sends on a change: state="full", but only
// the one dialog that changed.
func changeDocument(version int, domain string, l *leg) string {
	var b strings.Builder
	fmt.Fprintf(&b, documentHead, version, l.ext.number, domain)
	if l.ext.csta != nil { // a telephone behind a proxy reports like RFC 4235: all that it has
		for _, other := range l.ext.legs {
			if other != l {
				other.element(&b, domain)
			}
		}
	}
	l.element(&b, domain)
	b.WriteString(documentTail)
	return b.String()
}

// element is one dialog of a change.
func (l *leg) element(b *strings.Builder, domain string) {
	fmt.Fprintf(b, "<dialog id=\"%s\" direction=\"%s\">\n<state>%s</state>\n", l.id, l.direction(), l.dialogState())
	if l.state != legEnded {
		number, name, host := l.identity(domain)
		rendering := "yes"
		if l.state == legHeld {
			rendering = "no"
		}
		fmt.Fprintf(b, `<local>
<identity display="%[1]s">sip:%[1]s@%[2]s</identity>
<target uri="sip:%[1]s@%[2]s">
<param pname="+sip.rendering" pvalue="%[3]s"/>
</target>
</local>
<remote>
<identity display="%[4]s">sip:%[5]s@%[6]s</identity>
<target uri="sip:**%[1]s@%[2]s"/>
</remote>
`, l.ext.number, domain, rendering, name, number, host)
	}
	b.WriteString("</dialog>\n")
}

// fullDocument is FreeSWITCH's answer to a SUBSCRIBE: really all dialogs, in
// another layout, with Call-ID and tags, without names, and with held calls
// that look like ringing ones.
func fullDocument(version int, domain string, e *extension) string {
	var b strings.Builder
	fmt.Fprintf(&b, documentHead, version, e.number, domain)
	for _, l := range e.legs {
		number, name, host := l.identity(domain)
		if !l.remote.Withheld {
			name = number
		}
		fmt.Fprintf(&b, `<dialog id="%[1]s" call-id="%[2]s" local-tag="%[3]s" remote-tag="%[4]s" direction="%[5]s">
 <state>%[6]s</state>
 <local>
  <identity display="%[7]s">sip:%[7]s@%[8]s</identity>
  <target uri="sip:%[7]s@%[8]s">
   <param pname="+sip.rendering" pvalue="yes"/>
  </target>
 </local>
 <remote>
  <identity display="%[9]s">sip:%[10]s@%[11]s</identity>
  <target uri="**%[7]s@%[8]s"/>
 </remote>
</dialog>
`, l.id, l.callID, l.localTag, l.remoteTag, l.direction(), l.dialogState(), e.number, domain, name, number, host)
	}
	b.WriteString(documentTail)
	return b.String()
}

// identity is how the far end is written; "Presence-Privacy" is FreeSWITCH's
// name for hiding it.
func (l *leg) identity(domain string) (number, name, host string) {
	if l.remote.Withheld {
		return "anonymous", "Anonymous", "anonymous.invalid"
	}
	name = l.remote.Name
	if name == "" {
		name = l.remote.Number
	}
	return l.remote.Number, name, domain
}

func (l *leg) direction() string {
	if l.initiator {
		return "initiator"
	}
	return "recipient"
}

// dialogState is the state in RFC 4235's words; hold is early again.
func (l *leg) dialogState() string {
	if l.ext.csta != nil {
		return l.plainState()
	}
	switch l.state {
	case legTalking:
		return "confirmed"
	case legEnded:
		return "terminated"
	default:
		return "early"
	}
}

// plainState is that of a telephone that follows RFC 4235: a call that it dialled
// is early until somebody answers, and hold shows in the rendering alone.
func (l *leg) plainState() string {
	switch {
	case l.state == legEnded:
		return "terminated"
	case l.state == legRinging, l.initiator && !l.call.connected:
		return "early"
	}
	return "confirmed"
}
