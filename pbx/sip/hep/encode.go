package hep

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Append writes the packet behind out. Fields at their zero value are left out,
// but for the protocol and the payload. ErrTooLong leaves out as it was.
func (p *Packet) Append(out []byte) ([]byte, error) {
	start := len(out)
	out = append(append(out, magic...), 0, 0)
	out = p.appendAddresses(out)
	if !p.Captured.IsZero() {
		out = appendLong(out, chunkSeconds, uint32(p.Captured.Unix()))
		out = appendLong(out, chunkMicros, uint32(p.Captured.Nanosecond()/int(time.Microsecond)))
	}
	out = appendChunk(out, chunkProtocol, byte(p.Protocol))
	if p.Agent != 0 {
		out = appendLong(out, chunkAgent, p.Agent)
	}
	if p.KeepAlive != 0 {
		out = appendShort(out, chunkKeepAlive, p.KeepAlive)
	}
	for _, field := range []struct {
		kind  uint16
		value []byte
	}{{chunkKey, p.Key}, {chunkCorrelation, p.Correlation}, {chunkPayload, p.Payload}} {
		if len(field.value) > MaxPacket-chunkSize {
			return out[:start], ErrTooLong
		}
		if len(field.value) > 0 || field.kind == chunkPayload {
			out = appendChunk(out, field.kind, field.value...)
		}
	}
	if len(out)-start > MaxPacket {
		return out[:start], ErrTooLong
	}
	binary.BigEndian.PutUint16(out[start+4:], uint16(len(out)-start))
	return out, nil
}

func (p *Packet) appendAddresses(out []byte) []byte {
	if p.Source.Addr().Is6() || p.Dest.Addr().Is6() {
		out = appendChunk(out, chunkFamily, familyIPv6)
	} else if p.Source.IsValid() || p.Dest.IsValid() {
		out = appendChunk(out, chunkFamily, familyIPv4)
	}
	if p.Transport != 0 {
		out = appendChunk(out, chunkTransport, p.Transport)
	}
	out = appendEnd(out, p.Source, chunkSource4, chunkSource6, chunkSourcePort)
	return appendEnd(out, p.Dest, chunkDest4, chunkDest6, chunkDestPort)
}

func appendEnd(out []byte, end netip.AddrPort, kind4, kind6, port uint16) []byte {
	if !end.IsValid() {
		return out
	}
	kind := kind6
	if end.Addr().Is4() {
		kind = kind4
	}
	out = appendChunk(out, kind, end.Addr().AsSlice()...)
	return appendShort(out, port, end.Port())
}

func appendChunk(out []byte, kind uint16, value ...byte) []byte {
	out = append(out, 0, 0)
	out = binary.BigEndian.AppendUint16(out, kind)
	out = binary.BigEndian.AppendUint16(out, uint16(chunkSize+len(value)))
	return append(out, value...)
}

func appendShort(out []byte, kind, n uint16) []byte {
	return appendChunk(out, kind, byte(n>>8), byte(n))
}

func appendLong(out []byte, kind uint16, n uint32) []byte {
	return appendChunk(out, kind, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
