// Package hep reads and writes HEP3 packets: copies of SIP messages that a
// telephone system sends to whoever follows its calls (the Homer Encapsulation
// Protocol, version 3, of sipcapture.org; also called EEP).
//
//	datagram ─► Packet.Decode ─► Packet{Protocol, Payload, Key, …} ─► Packet.Append ─► datagram
//
// A packet is "HEP3", its whole length in two octets, then chunks: vendor, type
// and length (with these six octets) of two octets each, big-endian, then the
// value. Decode keeps slices into the datagram and allocates nothing. It trusts
// no length: every one is checked against what is there.
package hep

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// MaxPacket is the longest packet: its length field has 16 bits.
const MaxPacket = 1<<16 - 1

// headerSize is "HEP3" and the packet's length, chunkSize the head of a chunk.
const (
	headerSize = 6
	chunkSize  = 6
)

// maxChunks bounds what one packet may hold; switches send about a dozen.
const maxChunks = 64

// magic begins every packet of version 3.
const magic = "HEP3"

// Protocol is what a packet carries (chunk 11).
type Protocol uint8

// The protocols that switches mirror.
const (
	ProtocolSIP      Protocol = 1
	ProtocolXMPP     Protocol = 2
	ProtocolSDP      Protocol = 3
	ProtocolRTP      Protocol = 4
	ProtocolRTCPJSON Protocol = 5
	ProtocolLog      Protocol = 100
)

// IP protocol numbers of the transport (chunk 2).
const (
	TransportTCP  uint8 = 6
	TransportUDP  uint8 = 17
	TransportSCTP uint8 = 132
)

// IP families (chunk 1).
const (
	familyIPv4 uint8 = 2
	familyIPv6 uint8 = 10
)

// The chunk types of the generic vendor, 0.
const (
	chunkFamily      = 1
	chunkTransport   = 2
	chunkSource4     = 3
	chunkDest4       = 4
	chunkSource6     = 5
	chunkDest6       = 6
	chunkSourcePort  = 7
	chunkDestPort    = 8
	chunkSeconds     = 9
	chunkMicros      = 10
	chunkProtocol    = 11
	chunkAgent       = 12
	chunkKeepAlive   = 13
	chunkKey         = 14
	chunkPayload     = 15
	chunkPayloadGzip = 16
	chunkCorrelation = 17
)

// Errors of Decode.
var (
	// ErrNotHEP: the datagram is something else.
	ErrNotHEP = errors.New("not a HEP packet")
	// ErrMalformed: a length in the packet does not agree with its size, or a
	// value has the wrong one.
	ErrMalformed = errors.New("a HEP packet with a wrong length")
	// ErrCompressed: the payload is packed, which chunk 16 allows.
	ErrCompressed = errors.New("a HEP packet with a compressed payload; switch compression off at the PBX")
	// ErrTooLong: what is to be encoded does not fit a packet.
	ErrTooLong = fmt.Errorf("a HEP packet over %d octets", MaxPacket)
)

// VersionError is a packet of a version that has no key and that we do not read.
type VersionError struct{ Version int }

// Error names the version and the cure.
func (e VersionError) Error() string {
	return fmt.Sprintf("a HEP packet of version %d; set the PBX to version 3 (Kamailio: hep_version 3, FreeSWITCH: hep=3)", e.Version)
}

// Packet is one mirrored message. Slices that Decode sets point into its input.
type Packet struct {
	// Source and Dest are the ends as the switch reports them. Asterisk reports
	// 127.0.0.1 as its own address, so nothing may hang on them.
	Source, Dest netip.AddrPort
	// Transport is an IP protocol number, 0 if the packet does not say.
	Transport uint8
	// Captured is when the switch saw the message; zero if it does not say.
	Captured time.Time
	Protocol Protocol
	// Agent is the capture id that the switch was given.
	Agent uint32
	// KeepAlive is the interval of keep-alive packets in seconds (chunk 13).
	KeepAlive uint16
	// Key is the shared key, sent in clear (chunk 14).
	Key     []byte
	Payload []byte
	// Correlation ties packets together: on Asterisk the Call-ID or the name of
	// the channel; often absent.
	Correlation []byte
}
