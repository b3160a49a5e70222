//go:build peers

package daemon

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lan is a small loopback network: a host number for each peer, all on the
// standard port, as in an office.
type lan struct{ prefix string }

const (
	hostPBX    = 10
	hostBridge = 20
	hostPhone  = 30
	hostTrunk  = 31
	hostTrunk2 = 32 // a second line
	sipPort    = "5060"
)

// newLAN finds a part of 127.0.0.0/8 in which nobody listens.
func newLAN(t *testing.T) lan {
	t.Helper()
	for range 20 {
		n := lan{fmt.Sprintf("127.%d.%d.", 1+rand.N(250), rand.N(250))}
		if n.free(hostPBX) && n.free(hostBridge) && n.free(hostPhone) && n.free(hostTrunk) && n.free(hostTrunk2) {
			return n
		}
	}
	t.Fatal("no free loopback addresses for the peers")
	return lan{}
}

func (n lan) host(number int) string { return fmt.Sprintf("%s%d", n.prefix, number) }

func (n lan) addr(number int) string { return net.JoinHostPort(n.host(number), sipPort) }

func (n lan) free(number int) bool {
	l, err := net.Listen("tcp", n.addr(number))
	if err != nil {
		return false
	}
	defer l.Close()
	c, err := net.ListenPacket("udp", n.addr(number))
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// kamailio is the PBX.
type kamailio struct {
	owner  *testing.T // whose end is the PBX's, also when a case has restarted it
	net    lan
	folder string
	run    *process
}

func startKamailio(t *testing.T, n lan) *kamailio {
	t.Helper()
	k := &kamailio{owner: t, net: n, folder: t.TempDir()}
	database := filepath.Join(k.folder, "kamailio.db")
	k.createTables(t, database)
	fill(t, "testdata/kamailio/kamailio.cfg", filepath.Join(k.folder, "kamailio.cfg"), map[string]string{
		"Address": n.addr(hostPBX), "Trunk": n.addr(hostTrunk), "Database": database,
		"Modules": installed(t, "/usr/lib/*/kamailio/modules/presence_dialoginfo.so", "kamailio-presence-modules"),
	})
	k.start(t)
	return k
}

// createTables lays out the database with Kamailio's own statements.
func (k *kamailio) createTables(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	folder := installed(t, "/usr/share/kamailio/db_sqlite/standard-create.sql", "kamailio-sqlite-modules")
	for _, part := range []string{"standard", "presence", "usrloc"} {
		statements, err := os.ReadFile(filepath.Join(folder, part+"-create.sql"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(statements)); err != nil {
			t.Fatalf("%s: %v", part, err)
		}
	}
}

// installed is the folder of a file that a Debian package brings.
func installed(t *testing.T, pattern, debianPackage string) string {
	t.Helper()
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		t.Fatalf("%s is missing: make peers installs the package %s", pattern, debianPackage)
	}
	return filepath.Dir(found[0])
}

// start returns once the PBX answers.
func (k *kamailio) start(t *testing.T) {
	t.Helper()
	k.run = start(k.owner, k.folder, "kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", "kamailio.cfg", "-Y", k.folder, "-P", filepath.Join(k.folder, "pid"))
	eventually(t, "Kamailio answers OPTIONS", func() bool { k.run.alive(t); return k.answers() })
}

func (k *kamailio) answers() bool {
	c, err := net.Dial("udp", k.net.addr(hostPBX))
	if err != nil {
		return false
	}
	defer c.Close()
	ping := strings.Join([]string{
		"OPTIONS sip:" + k.net.addr(hostPBX) + " SIP/2.0",
		"Via: SIP/2.0/UDP " + c.LocalAddr().String() + ";branch=z9hG4bK" + fmt.Sprint(rand.Uint64()),
		"From: <sip:test@example.com>;tag=1", "To: <sip:" + k.net.addr(hostPBX) + ">",
		"Call-ID: " + fmt.Sprint(rand.Uint64()), "CSeq: 1 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", "",
	}, "\r\n")
	if _, err := c.Write([]byte(ping)); err != nil {
		return false
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	answer := make([]byte, 2048)
	size, err := c.Read(answer)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return false
	}
	return err == nil && strings.HasPrefix(string(answer[:size]), "SIP/2.0 200")
}
