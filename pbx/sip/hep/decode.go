package hep

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// decoder gathers what is spread over several chunks.
type decoder struct {
	packet              *Packet
	source, dest        netip.Addr
	sourcePort, dstPort uint16
	seconds, micros     uint32
	timed               bool
}

// Decode reads one packet that fills data, as a datagram does. Chunks of other
// vendors and of unknown types are skipped; of one that comes twice the last
// counts. The packet refers to data and is valid as long as that is.
func (p *Packet) Decode(data []byte) error {
	*p = Packet{}
	length, err := Length(data)
	if err != nil {
		return err
	}
	if length != len(data) {
		return ErrMalformed
	}
	d := decoder{packet: p}
	rest := data[headerSize:]
	for n := 0; len(rest) > 0; n++ {
		if n == maxChunks || len(rest) < chunkSize {
			return ErrMalformed
		}
		vendor, kind := binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:])
		size := int(binary.BigEndian.Uint16(rest[4:]))
		if size < chunkSize || size > len(rest) {
			return ErrMalformed
		}
		if vendor == 0 {
			if err := d.chunk(kind, rest[chunkSize:size]); err != nil {
				return err
			}
		}
		rest = rest[size:]
	}
	d.finish()
	return nil
}

// Length is how many octets the packet that begins data has, by its own word.
// Six octets are enough to tell; on a stream it says where the next one begins.
func Length(data []byte) (int, error) {
	if len(data) < headerSize || string(data[:4]) != magic {
		return 0, notVersion3(data)
	}
	length := int(binary.BigEndian.Uint16(data[4:]))
	if length < headerSize {
		return 0, ErrMalformed
	}
	return length, nil
}

// notVersion3 tells the older versions from what is no HEP at all. They begin
// with the version and the length of a header that holds two addresses.
func notVersion3(data []byte) error {
	if len(data) < 16 {
		return ErrNotHEP
	}
	version, header, family := data[0], data[1], data[2]
	if version != 1 && version != 2 || header < 16 || header > 64 || family != familyIPv4 && family != familyIPv6 {
		return ErrNotHEP
	}
	return VersionError{Version: int(version)}
}

func (d *decoder) chunk(kind uint16, value []byte) error {
	p := d.packet
	switch kind {
	case chunkPayload:
		p.Payload = value
	case chunkPayloadGzip:
		return ErrCompressed
	case chunkKey:
		p.Key = value
	case chunkCorrelation:
		p.Correlation = value
	case chunkSource4, chunkDest4, chunkSource6, chunkDest6:
		return d.address(kind, value)
	case chunkFamily, chunkTransport, chunkProtocol:
		return d.octet(kind, value)
	case chunkSourcePort, chunkDestPort, chunkKeepAlive:
		return d.short(kind, value)
	case chunkSeconds, chunkMicros, chunkAgent:
		return d.long(kind, value)
	}
	return nil
}

func (d *decoder) address(kind uint16, value []byte) error {
	want := 4
	if kind == chunkSource6 || kind == chunkDest6 {
		want = 16
	}
	addr, ok := netip.AddrFromSlice(value)
	if !ok || len(value) != want {
		return ErrMalformed
	}
	if kind == chunkSource4 || kind == chunkSource6 {
		d.source = addr
	} else {
		d.dest = addr
	}
	return nil
}

func (d *decoder) octet(kind uint16, value []byte) error {
	if len(value) != 1 {
		return ErrMalformed
	}
	switch kind {
	case chunkTransport:
		d.packet.Transport = value[0]
	case chunkProtocol:
		d.packet.Protocol = Protocol(value[0])
	}
	return nil // the family is seen by the addresses
}

func (d *decoder) short(kind uint16, value []byte) error {
	if len(value) != 2 {
		return ErrMalformed
	}
	switch n := binary.BigEndian.Uint16(value); kind {
	case chunkSourcePort:
		d.sourcePort = n
	case chunkDestPort:
		d.dstPort = n
	case chunkKeepAlive:
		d.packet.KeepAlive = n
	}
	return nil
}

func (d *decoder) long(kind uint16, value []byte) error {
	if len(value) != 4 {
		return ErrMalformed
	}
	switch n := binary.BigEndian.Uint32(value); kind {
	case chunkSeconds:
		d.seconds, d.timed = n, true
	case chunkMicros:
		d.micros = n
	case chunkAgent:
		d.packet.Agent = n
	}
	return nil
}

func (d *decoder) finish() {
	if d.source.IsValid() {
		d.packet.Source = netip.AddrPortFrom(d.source, d.sourcePort)
	}
	if d.dest.IsValid() {
		d.packet.Dest = netip.AddrPortFrom(d.dest, d.dstPort)
	}
	if d.timed {
		d.packet.Captured = time.Unix(int64(d.seconds), int64(d.micros)*int64(time.Microsecond)).UTC()
	}
}
