package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// orgServer is the --serve value of the org that is synced meanwhile. It has a
// process of its own, since what it costs to play it must not slow down the
// browsers whose frames are timed.
const orgServer = "org"

// otherOrg is that process.
type otherOrg struct {
	server *server
	config lookup.OrgConfig
}

func launchOrg(ctx context.Context, records int) (*otherOrg, error) {
	s, err := launch(ctx, newKey(), "--serve", orgServer, "--resync", strconv.Itoa(records))
	if err != nil {
		return nil, err
	}
	return &otherOrg{s, lookup.OrgConfig{
		ID: salesforcetest.DefaultOrgID, Name: "resync", InstanceURL: s.url,
		ClientID: salesforcetest.DefaultClientID, ClientSecret: salesforcetest.DefaultClientSecret,
	}}, nil
}

// change gives every record another number and waits until that is done.
func (o *otherOrg) change() error {
	if _, err := fmt.Fprintln(o.server.stdin, "change"); err != nil {
		return err
	}
	_, err := o.server.stdout.ReadString('\n')
	return err
}

// serveOrg plays the org until standard input ends; each line there is a
// change of all records.
func serveOrg(ctx context.Context, records int) error {
	// The records are a month old: fresh ones would be read again by the next sync,
	// which begins ten minutes before the newest.
	ago := 30 * 24 * time.Hour
	org := salesforcetest.NewOrg(salesforcetest.Options{Now: func() time.Time { return time.Now().Add(-ago) }})
	if err := org.Generate(records, func(i int) string { return numberOf(i % maxNumbers) }); err != nil {
		return err
	}
	ago = 0
	if err := org.Start(); err != nil {
		return err
	}
	defer org.Close()
	fmt.Printf("ready %s\n", org.URL()[len("http://"):])
	lines := bufio.NewScanner(os.Stdin)
	var ids []string
	for round := 1; lines.Scan(); round++ {
		if ids == nil {
			var err error
			if ids, err = recordIDs(ctx, org); err != nil {
				return err
			}
		}
		for i, id := range ids {
			n := numberOf((i + round*len(ids)) % maxNumbers)
			if err := org.Update("Contact", id, salesforcetest.Fields{"Phone": n}); err != nil {
				return err
			}
		}
		fmt.Println("changed")
	}
	return lines.Err()
}

func recordIDs(ctx context.Context, org *salesforcetest.Org) ([]string, error) {
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(),
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	for r, err := range client.Query(ctx, "SELECT Id FROM Contact") {
		if err != nil {
			return nil, err
		}
		ids = append(ids, r.ID())
	}
	return ids, nil
}
