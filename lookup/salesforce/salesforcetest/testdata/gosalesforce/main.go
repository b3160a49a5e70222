// Command judge asks the simulated org the way an independent client does and
// prints what it got as one JSON object. Arguments: URL, consumer key, consumer
// secret, a folder for files, a user's name, and a file with the key of that
// user's JWT assertions.
package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	salesforce "github.com/k-capehart/go-salesforce/v3"
)

type contact struct {
	Id, FirstName, LastName, Phone, Kunde__c string
	Account                                  struct{ Name string }
}

// person is what is written of one.
type person struct {
	Id       string `mapstructure:",omitempty"`
	LastName string `mapstructure:",omitempty"`
	Phone    string `mapstructure:",omitempty"`
	Kunde__c string `mapstructure:",omitempty"`
}

func main() {
	log.SetFlags(0)
	address, key, secret, folder, user, pemFile := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	org, err := salesforce.Init(salesforce.Creds{Domain: address, ConsumerKey: key, ConsumerSecret: secret}, salesforce.WithCompressionHeaders(true))
	must(err)
	result := map[string]any{}
	reads(org, result, folder)
	writes(org, result)
	collections(org, result)
	signs(org, result, address, key, user, pemFile)
	out, err := json.MarshalIndent(result, "", " ")
	must(err)
	fmt.Println(string(out))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// code is the error code of a refusal.
func code(err error) string {
	if err == nil {
		return ""
	}
	var list []struct{ ErrorCode string }
	if json.Unmarshal([]byte(err.Error()), &list) != nil || len(list) == 0 {
		return err.Error()
	}
	return list[0].ErrorCode
}

func reads(org *salesforce.Salesforce, result map[string]any, folder string) {
	var contacts []contact
	must(org.Query("SELECT Id, FirstName, LastName, Phone, Account.Name FROM Contact ORDER BY Id", &contacts))
	result["records"], result["company"], result["phone"] = len(contacts), contacts[0].Account.Name, contacts[0].Phone

	file := filepath.Join(folder, "export.csv")
	must(org.QueryBulkExport("SELECT Id, LastName, Account.Name FROM Contact", file))
	f, err := os.Open(file)
	must(err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	must(err)
	ids := map[string]bool{}
	for _, row := range rows[1:] {
		ids[row[0]] = true
	}
	result["bulkHeader"], result["bulk"] = rows[0], len(ids)

	pages, err := org.QueryBulkIterator("SELECT Id, LastName FROM Contact")
	must(err)
	seen, records := 0, 0
	for pages.Next() {
		var page []struct{ Id, LastName string }
		must(pages.Decode(&page))
		seen, records = seen+1, records+len(page)
	}
	must(pages.Error())
	result["bulkPages"], result["bulkRecords"] = seen, records

	query := url.QueryEscape(`FIND {"23125-007" OR "23125-008"} IN PHONE FIELDS RETURNING Contact(Id, Phone LIMIT 5)`)
	reply, err := org.DoRequest(http.MethodGet, "/search/?q="+query, nil)
	must(err)
	var found struct {
		SearchRecords []struct{ Phone string }
	}
	body, err := io.ReadAll(reply.Body)
	must(err)
	must(json.Unmarshal(body, &found))
	result["search"] = len(found.SearchRecords)
	result["unknown"] = code(org.Query("SELECT Nothing FROM Contact", &contacts))
	result["noBulk"] = code(org.QueryBulkExport("SELECT COUNT() FROM Contact", file))
}

func writes(org *salesforce.Salesforce, result map[string]any) {
	made, err := org.InsertOne("Contact", person{LastName: "Beispiel", Phone: "030 23125-101"})
	must(err)
	must(org.UpdateOne("Contact", person{Id: made.Id, Phone: "030 23125-102"}))
	var read []contact
	must(org.Query("SELECT Phone FROM Contact WHERE Id = '"+made.Id+"'", &read))
	result["updated"] = read[0].Phone
	first, err := org.UpsertOne("Contact", "Kunde__c", person{LastName: "Muster", Kunde__c: "G-1"})
	must(err)
	second, err := org.UpsertOne("Contact", "Kunde__c", person{Phone: "030 23125-103", Kunde__c: "G-1"})
	must(err)
	result["upserted"] = []bool{first.Success, second.Success, first.Id == second.Id}
	must(org.DeleteOne("Contact", person{Id: made.Id}))
	result["deletedTwice"] = code(org.DeleteOne("Contact", person{Id: made.Id}))
	_, err = org.InsertOne("Contact", person{Phone: "030 23125-104"})
	result["nameless"] = code(err)
}

func collections(org *salesforce.Salesforce, result map[string]any) {
	people := make([]person, 250)
	for i := range people {
		people[i] = person{LastName: fmt.Sprint("Viele-", i), Kunde__c: fmt.Sprint("V-", i)}
	}
	count := func(results salesforce.SalesforceResults, err error) []any {
		must(err)
		good := 0
		for _, r := range results.Results {
			if r.Success {
				good++
			}
		}
		return []any{good, results.HasSalesforceErrors}
	}
	inserted, err := org.InsertCollection("Contact", people, 100)
	result["inserted"] = count(inserted, err)
	for i := range people {
		people[i].Phone = "030 23125-200"
	}
	upserted, err := org.UpsertCollection("Contact", "Kunde__c", people, 200)
	result["upsertedMany"] = count(upserted, err)
	for i, r := range inserted.Results {
		people[i] = person{Id: r.Id, Phone: "030 23125-201"}
	}
	people[7].Phone = strings.Repeat("1", 41)
	updated, err := org.UpdateCollection("Contact", people, 200)
	result["updatedMany"] = count(updated, err)
	result["tooLong"] = updated.Results[7].Errors[0].StatusCode
	var read []contact
	must(org.Query("SELECT Id FROM Contact WHERE Phone = '030 23125-201'", &read))
	result["read"] = len(read)
	composite, err := org.InsertComposite("Contact", []person{{LastName: "Verbund-1"}, {LastName: "Verbund-2"}, {Phone: "030 23125-202"}}, 2, false)
	result["composite"] = count(composite, err)
	deleted, err := org.DeleteCollection("Contact", people, 200)
	result["deletedMany"] = count(deleted, err)
}

// signs signs in by JWT bearer.
func signs(_ *salesforce.Salesforce, result map[string]any, address, key, user, pemFile string) {
	pem, err := os.ReadFile(pemFile)
	must(err)
	org, err := salesforce.Init(salesforce.Creds{Domain: address, Username: user, ConsumerKey: key, ConsumerRSAPem: string(pem)})
	must(err)
	var read []contact
	must(org.Query("SELECT Id FROM Contact LIMIT 3", &read))
	result["jwt"] = []any{org.GetAuthFlow().String(), len(read)}
	_, err = salesforce.Init(salesforce.Creds{Domain: address, ConsumerKey: key, ConsumerSecret: "wrong"})
	result["wrongSecret"] = err != nil
}
