package replica_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
	"github.com/ctibridge/ctibridge/lookup/replica"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// BenchmarkReplicaFirstSync copies 50,000 contacts from the simulated org over
// HTTP into SQLite, both in this process; records/s is what matters.
func BenchmarkReplicaFirstSync(b *testing.B) {
	const contacts = 50_000
	org := salesforcetest.NewOrg(salesforcetest.Options{})
	if err := org.Start(); err != nil {
		b.Fatal(err)
	}
	defer org.Close()
	if err := org.Generate(contacts, func(i int) string { return fmt.Sprintf("030 23125-%03d ext. %d", i%1000, i) }); err != nil {
		b.Fatal(err)
	}
	client, err := salesforce.New(salesforce.Config{InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		db, err := sql.Open("sqlite", lookup.DirectoryDSN(filepath.Join(b.TempDir(), "directory.db")))
		if err != nil {
			b.Fatal(err)
		}
		directory, err := lookup.OpenDirectory(b.Context(), db, lookup.DirectoryOptions{})
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		r := replica.New(replica.Config{Org: lookup.OrgConfig{ID: org.ID()}, Client: client, Directory: directory})
		result, err := r.Sync(b.Context(), replica.SyncRequest{Object: "Contact"}, nil)
		if err != nil || result.Read != contacts || len(result.Warnings) != 0 {
			b.Fatalf("%+v: %v", result, err)
		}
		b.ReportMetric(contacts/time.Since(begun).Seconds(), "records/s")
		directory.Close()
		db.Close()
	}
}
