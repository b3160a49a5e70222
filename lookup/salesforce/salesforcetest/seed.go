package salesforcetest

import (
	"fmt"
	"strings"
)

// Demo is the ids of the small data set that Seed makes. Names are invented,
// numbers are set aside for fiction.
type Demo struct {
	Company    string   // Account Beispiel GmbH, main number 030 23125-000
	Known      string   // Contact Berta Beispiel, +49 30 23125101 typed as 030 23125-101
	TwoNumbers string   // Contact Zacharias Zweifach, 069 90009-200 and 0221 4710 201
	Shared     []string // two Contacts and a Lead with 030 23125-300
	Lead       string   // Lead Frieda Fiktiv, (0221) 4710-400
	British    string   // Contact Oliver Example, 01632 960001, in the United Kingdom
	American   string   // Contact Sample Sally, (202) 555-0143, in the United States
	Converted  string   // converted Lead with Berta's number; must not pop
	Deleted    string   // deleted Contact with Berta's number; must not pop
	Person     string   // person account Petra Privat, if the org has them
}

// Seed adds the demo data set.
func (o *Org) Seed() (Demo, error) {
	s := seeder{org: o}
	var d Demo
	d.Company = s.create("Account", "Name=Beispiel GmbH", "Phone=030 23125-000", "BillingCountry=Germany", "BillingCity=Berlin")
	fiction := s.create("Account", "Name=Fiktiv & Söhne KG", "Phone=+49 (69) 90009-000", "BillingCountry=Deutschland")
	d.Known = s.create("Contact", "FirstName=Berta", "LastName=Beispiel", "AccountId="+d.Company, "Phone=030 23125-101", "Email=berta@example.com", "Title=Einkauf", "MailingCountry=Germany")
	d.TwoNumbers = s.create("Contact", "FirstName=Zacharias", "LastName=Zweifach", "AccountId="+fiction, "Phone=069 90009-200", "HomePhone=0221 4710 201")
	d.Shared = []string{
		s.create("Contact", "FirstName=Carla", "LastName=Muster", "AccountId="+d.Company, "Phone=030 23125-300"),
		s.create("Contact", "FirstName=Dieter", "LastName=Muster", "AccountId="+d.Company, "Phone=+49 30 23125 300", "MobilePhone=0221 4710-301"),
		s.create("Lead", "FirstName=Emil", "LastName=Entwurf", "Company=Entwurf & Partner", "Phone=(030) 23125300"),
	}
	d.Lead = s.create("Lead", "FirstName=Frieda", "LastName=Fiktiv", "Company=Fiktiv AG", "Phone=(0221) 4710-400", "Country=Germany")
	d.British = s.create("Contact", "FirstName=Oliver", "LastName=Example", "Phone=01632 960001", "MailingCountry=United Kingdom")
	d.American = s.create("Contact", "FirstName=Sally", "LastName=Sample", "Phone=(202) 555-0143", "MailingCountry=United States")
	d.Converted = s.create("Lead", "FirstName=Berta", "LastName=Beispiel", "Company=Beispiel GmbH", "Phone=030 23125-101")
	d.Deleted = s.create("Contact", "FirstName=Berta", "LastName=Doppelt", "Phone=030 23125-101")
	s.do(func() error { return o.ConvertLead(d.Converted, d.Known, d.Company) })
	s.do(func() error { return o.Delete("Contact", d.Deleted) })
	if o.options.PersonAccounts {
		d.Person = s.create("Account", "FirstName=Petra", "LastName=Privat", "PersonMobilePhone=0221 4710-500", "PersonMailingCountry=Germany")
	}
	return d, s.err
}

// seeder keeps the first error.
type seeder struct {
	org *Org
	err error
}

func (s *seeder) do(f func() error) {
	if s.err == nil {
		s.err = f()
	}
}

func (s *seeder) create(object string, pairs ...string) (id string) {
	fields := Fields{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		fields[name] = value
	}
	s.do(func() (err error) {
		id, err = s.org.Create(object, fields)
		return err
	})
	return id
}

// Generate adds n contacts for load tests, all with the same stamp or nearly
// so: one company for each hundred, number(i) as the phone of the i-th. A nil
// number goes round the thousand fiction numbers of Berlin.
func (o *Org) Generate(n int, number func(i int) string) error {
	if number == nil {
		number = func(i int) string { return fmt.Sprintf("030 23125-%03d", i%1000) }
	}
	company := ""
	for i := range n {
		if i%100 == 0 {
			id, err := o.Create("Account", Fields{"Name": fmt.Sprintf("Muster %d GmbH", i/100)})
			if err != nil {
				return err
			}
			company = id
		}
		_, err := o.Create("Contact", Fields{
			"FirstName": firstNames[i%len(firstNames)], "LastName": fmt.Sprintf("Muster-%d", i), "AccountId": company, "Phone": number(i),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var firstNames = [...]string{"Anna", "Berta", "Carla", "Dieter", "Emil", "Frieda", "Gustav", "Hanna"}
