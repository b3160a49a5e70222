package sip

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// Session descriptions (RFC 8866). Ours carry nothing: a leg with which we ring
// an agent has one audio stream that is inactive, because an INVITE without an
// offer is refused by FreeSWITCH.

// ownAddress is the address part of our descriptions.
func (s *session) ownAddress() string {
	at := netip.MustParseAddrPort(s.wire.Local())
	if at.Addr().Is6() {
		return "IN IP6 " + at.Addr().String()
	}
	return "IN IP4 " + at.Addr().String()
}

func inactiveOffer(address string) []byte {
	return []byte(sessionLines(address, 1) +
		"m=audio 9 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=inactive\r\n")
}

func sessionLines(address string, version int) string {
	return "v=0\r\no=- 1 " + strconv.Itoa(version) + " " + address + "\r\ns=-\r\nc=" + address + "\r\nt=0 0\r\n"
}

// maxMedia bounds the streams of an offer that are answered.
const maxMedia = 16

// inactiveAnswer answers an offer so that nothing flows (RFC 3264 §6.1): each
// stream is kept in its place, the first audio stream inactive, the others
// refused by port 0.
func inactiveAnswer(offer []byte, address string, version int) []byte {
	var out strings.Builder
	out.WriteString(sessionLines(address, version))
	audio, media := false, 0
	for line := range bytes.Lines(offer) {
		text, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r\n"), "m=")
		fields := strings.Fields(text)
		if !ok || len(fields) < 4 || media == maxMedia {
			continue
		}
		media++
		port := "0"
		if fields[0] == "audio" && !audio && fields[1] != "0" {
			audio, port = true, "9"
		}
		out.WriteString("m=" + fields[0] + " " + port + " " + strings.Join(fields[2:], " ") + "\r\n")
		if port != "0" {
			out.WriteString("a=inactive\r\n")
		}
	}
	return []byte(out.String())
}

// silences reports whether an offer holds the call: its first stream is sent
// one way only, or not at all.
func silences(offer []byte) bool {
	for line := range bytes.Lines(offer) {
		switch string(bytes.TrimSpace(line)) {
		case "a=sendonly", "a=inactive":
			return true
		case "a=sendrecv", "a=recvonly":
			return false
		}
	}
	return bytes.Contains(offer, []byte("c=IN IP4 0.0.0.0")) // RFC 2543's way
}
