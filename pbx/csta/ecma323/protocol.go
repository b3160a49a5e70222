package ecma323

import (
	"bytes"
	"errors"
	"io"
)

// ProtocolError says that the peer speaks something else than CSTA in XML.
type ProtocolError struct {
	// Speaks names what it speaks, Cure says what to do.
	Speaks, Cure string
}

func (e *ProtocolError) Error() string {
	return "csta: the PBX speaks " + e.Speaks + " on this port: " + e.Cure
}

const (
	berCure  = "set its CSTA interface to XML (ECMA-323), which is often another port or a licence of its own"
	portCure = "take the port of its CSTA interface"
)

// recognise names the protocol whose first bytes b are, nil if it is not known.
func recognise(b []byte) error {
	text := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(b, []byte(p)) {
				return true
			}
		}
		return false
	}
	switch {
	case len(b) == 1 && b[0] == 'P': // OmniPCX Office answers so
		return &ProtocolError{"CSTA in ASN.1 (ECMA-180)", berCure}
	case len(b) < 2:
		return nil
	case text("HTTP/", "GET ", "POST ", "OPTIONS "):
		return &ProtocolError{"HTTP", portCure}
	case text("SIP/2.0", "INVITE "):
		return &ProtocolError{"SIP", portCure + ", or make this a SIP link"}
	case text("SSH-"):
		return &ProtocolError{"SSH", portCure}
	case b[0] >= 0x14 && b[0] <= 0x17 && b[1] == 3:
		return &ProtocolError{"TLS", "set the link's transport to tls"}
	case isBER(b):
		return &ProtocolError{"CSTA in ASN.1 (ECMA-285, ECMA-180)", berCure}
	case b[0] == 'P' && isBER(b[1:]):
		return &ProtocolError{"CSTA in ASN.1 (ECMA-180)", berCure}
	case b[0] == 3 && b[1] == 0:
		return &ProtocolError{"ISO transport (RFC 1006)", berCure}
	case b[0] == '<':
		return &ProtocolError{"XML without the frames of ECMA-323", "take its port for CSTA over TCP without SOAP"}
	}
	return nil
}

// isBER recognises ACSE (AARQ, AARE, RLRQ, ABRT) and ROSE in BER, also with the
// two bytes of length that several switches put before them.
func isBER(b []byte) bool {
	if berTag(b) {
		return true
	}
	return len(b) > 3 && b[0] < 0x20 && (b[0] != 0 || b[1] > 0) && berTag(b[2:])
}

func berTag(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	switch b[0] {
	case 0x60, 0x61, 0x62, 0x63, 0x64, 0xa1, 0xa2, 0xa3, 0xa4:
		return b[1]&0x80 == 0 && b[1] > 0 || b[1] == 0x80 || b[1] == 0x81 || b[1] == 0x82
	}
	return false
}

// alien explains a stream that ended before the first header was whole.
func (r *Reader) alien(err error) error {
	if r.stats.Frames == 0 && r.end > r.begin {
		if named := recognise(r.unread()); named != nil {
			return named
		}
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
	}
	return err
}
