package ecma323

import (
	"fmt"
	"strings"
)

// Namespaces that do not depend on the edition.
const (
	// NamespaceSession is ECMA-354's.
	NamespaceSession = "http://www.ecma-international.org/standards/ecma-354/appl_session"
	// NamespaceAvaya is that of Avaya's additions.
	NamespaceAvaya = "http://www.avaya.com/csta"

	namespaceBase = "http://www.ecma-international.org/standards/ecma-323/csta/"
	namespaceEd2  = "http://www.ecma.ch/standards/ecma-323/csta/ed2"
	namespaceXSI  = "http://www.w3.org/2001/XMLSchema-instance"
)

// Edition is how CSTA is written: the edition of ECMA-323 and what follows from
// it. Reading takes any.
type Edition struct {
	// Name is "ed2" to "ed6", "ed3/priv5" for Avaya's.
	Name string
	// Namespace is the one of every CSTA message; empty writes none.
	Namespace string
	// Avaya writes a ConnectionID with the deviceID first, and a monitor filter
	// turned round.
	Avaya bool
	// DeflectDevice writes the destination of DeflectCall as <device>, as the
	// schema does since edition 6.
	DeflectDevice bool
}

// The editions in use; Edition4 is the usual one.
var (
	Edition2 = Edition{Name: "ed2", Namespace: namespaceEd2}
	Edition3 = Edition{Name: "ed3", Namespace: namespaceBase + "ed3"}
	Edition4 = Edition{Name: "ed4", Namespace: namespaceBase + "ed4"}
	Edition5 = Edition{Name: "ed5", Namespace: namespaceBase + "ed5"}
	Edition6 = Edition{Name: "ed6", Namespace: namespaceBase + "ed6", DeflectDevice: true}
)

// EditionAvaya is the edition of Avaya's DMCC of a release, such as "priv5" for
// 6.1 to "privA" for 7.0; an empty name is priv5.
func EditionAvaya(private string) Edition {
	if private == "" {
		private = "priv5"
	}
	return Edition{Name: "ed3/" + private, Namespace: namespaceBase + "ed3/" + private, Avaya: true}
}

// ParseEdition reads a configured name: "ed2" to "ed6", "ed3/priv5", or the
// whole namespace as a switch answers it; empty is edition 4.
func ParseEdition(name string) (Edition, error) {
	short := name
	if i := strings.LastIndex(name, "/csta/"); i >= 0 {
		short = name[i+len("/csta/"):]
	}
	switch short {
	case "":
		return Edition4, nil
	case "ed2":
		return Edition2, nil
	case "ed3":
		return Edition3, nil
	case "ed4":
		return Edition4, nil
	case "ed5":
		return Edition5, nil
	case "ed6":
		return Edition6, nil
	}
	base, private, _ := strings.Cut(short, "/")
	if suffix, found := strings.CutPrefix(private, "priv"); found && (base == "ed3" || base == "ed2") && len(suffix) == 1 && isNameByte(suffix[0]) {
		e := EditionAvaya(private)
		e.Name = short
		e.Namespace = namespaceBase + short
		return e, nil
	}
	return Edition{}, fmt.Errorf("unknown edition %q: give ed2, ed3, ed4, ed5, ed6 or, for Avaya, ed3/priv5 to ed3/privA", name)
}
