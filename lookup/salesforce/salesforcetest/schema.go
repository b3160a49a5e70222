package salesforcetest

import (
	"slices"
	"strings"
)

// column is a field of an object. Values are kept as text whatever the kind;
// empty text is null, as in Salesforce.
type column struct {
	name, kind string
	label      string   // name if empty
	length     int      // of text; 0 for none
	refersTo   string   // object, for kind reference
	relation   string   // first part of a path: "Account" for AccountId
	orTo       []string // further objects, which paths do not lead to
	readOnly   bool
	createOnly bool
	required   bool
	external   bool // an external id: upsert finds records by it
}

// Kinds of columns, as describe names them.
const (
	kindID        = "id"
	kindReference = "reference"
	kindString    = "string"
	kindPhone     = "phone"
	kindEmail     = "email"
	kindPicklist  = "picklist"
	kindText      = "textarea"
	kindBoolean   = "boolean"
	kindTime      = "datetime"
	kindDate      = "date"
	kindInt       = "int"
)

// The columns that every object begins with, at these places in a row.
const (
	atID = iota
	atDeleted
	atCreated
	atModified
	atStamp
	atOwner
	atName
)

// object is a type of record: its key prefix and its columns.
type object struct {
	name, prefix string
	columns      []column
	index        map[string]int  // lower-case name → place
	relations    map[string]int  // lower-case relation → place of the reference
	hidden       map[string]bool // lower-case names that the run-as user cannot see
	invisible    bool            // the whole object is hidden
}

func newObject(name, prefix string, more ...column) *object {
	columns := append([]column{
		atID:       {name: "Id", kind: kindID, readOnly: true},
		atDeleted:  {name: "IsDeleted", kind: kindBoolean, readOnly: true},
		atCreated:  {name: "CreatedDate", kind: kindTime, readOnly: true},
		atModified: {name: "LastModifiedDate", kind: kindTime, readOnly: true},
		atStamp:    {name: "SystemModstamp", kind: kindTime, readOnly: true},
		atOwner:    {name: "OwnerId", kind: kindReference, refersTo: "User", relation: "Owner"},
		atName:     {name: "Name", kind: kindString, length: 255},
	}, more...)
	o := &object{name: name, prefix: prefix, columns: columns, index: map[string]int{}, relations: map[string]int{}, hidden: map[string]bool{}}
	o.columns = nil
	for _, c := range columns {
		o.add(c)
	}
	return o
}

// add adds a column behind the others.
func (o *object) add(c column) {
	i := len(o.columns)
	o.columns = append(o.columns, c)
	o.index[strings.ToLower(c.name)] = i
	if c.relation != "" {
		o.relations[strings.ToLower(c.relation)] = i
	}
}

// column finds a column that the run-as user may see.
func (o *object) column(name string) (int, bool) {
	name = strings.ToLower(name)
	i, ok := o.index[name]
	return i, ok && !o.hidden[name]
}

func text(name string, length int) column {
	return column{name: name, kind: kindString, length: length}
}
func phone(name string) column { return column{name: name, kind: kindPhone, length: 40} }
func flag(name string) column  { return column{name: name, kind: kindBoolean, readOnly: true} }
func reference(name, object string) column {
	return column{name: name, kind: kindReference, refersTo: object, relation: strings.TrimSuffix(name, "Id")}
}

func required(c column) column {
	c.required = true
	return c
}

// address is the parts of a compound address with the given prefix.
func address(prefix string) []column {
	return []column{text(prefix+"Street", 255), text(prefix+"PostalCode", 20), text(prefix+"City", 40), text(prefix+"Country", 80)}
}

// standardObjects is the schema of an org, with person accounts if wanted.
func standardObjects(personAccounts bool) map[string]*object {
	person := func(c ...column) []column {
		if personAccounts {
			return c
		}
		return nil
	}
	account := slices.Concat(
		[]column{
			phone("Phone"), phone("Fax"), text("Website", 255), reference("ParentId", "Account"), reference("MasterRecordId", "Account"),
			text("Type", 40),
			{name: "Description", kind: kindText, length: 32000},
		},
		address("Billing"),
		person(flag("IsPersonAccount"), reference("PersonContactId", "Contact"), text("FirstName", 40), text("LastName", 80),
			phone("PersonMobilePhone"), phone("PersonHomePhone"), phone("PersonOtherPhone"), phone("PersonAssistantPhone"),
			column{name: "PersonEmail", kind: kindEmail, length: 80}, text("PersonMailingCountry", 80)),
	)
	contact := slices.Concat(
		[]column{
			text("FirstName", 40), required(text("LastName", 80)), reference("AccountId", "Account"),
			phone("Phone"), phone("MobilePhone"), phone("HomePhone"), phone("OtherPhone"), phone("AssistantPhone"), phone("Fax"),
			{name: "Email", kind: kindEmail, length: 80},
			text("Title", 128), reference("MasterRecordId", "Contact"),
		},
		address("Mailing"), person(flag("IsPersonAccount")),
	)
	lead := slices.Concat(
		[]column{
			text("FirstName", 40), required(text("LastName", 80)), required(text("Company", 255)),
			phone("Phone"), phone("MobilePhone"), phone("Fax"),
			{name: "Email", kind: kindEmail, length: 80},
			{name: "Status", kind: kindPicklist, length: 40},
			flag("IsConverted"),
			reference("ConvertedContactId", "Contact"), reference("ConvertedAccountId", "Account"), reference("MasterRecordId", "Lead"),
			text("Street", 255), text("PostalCode", 20), text("City", 40), text("Country", 80),
		},
	)
	day := column{name: "LastActivityDate", kind: kindDate} // settable here: a toy has no activities of its own
	account, contact, lead = append(account, day), append(contact, day), append(lead, day)
	// What stage or status means closed is an org's own; here it is said.
	closed := column{name: "IsClosed", kind: kindBoolean}
	opportunity := []column{text("StageName", 40), reference("AccountId", "Account"), reference("ContactId", "Contact"), closed}
	ticket := []column{text("Subject", 255), text("Status", 40), reference("AccountId", "Account"), reference("ContactId", "Contact"), closed}
	user := []column{
		text("FirstName", 40), required(text("LastName", 80)), required(text("Username", 80)),
		{name: "Email", kind: kindEmail, length: 128},
		text("Alias", 8),
		{name: "IsActive", kind: kindBoolean},
		{name: "UserType", kind: kindPicklist, length: 40},
		text("LanguageLocaleKey", 40),
		phone("Phone"), phone("Extension"), phone("MobilePhone"),
	}
	task := []column{
		text("Subject", 255),
		{name: "Description", kind: kindText, length: 32000},
		{name: "Status", kind: kindPicklist, length: 40},
		{name: "Priority", kind: kindPicklist, length: 40},
		{name: "TaskSubtype", kind: kindPicklist, length: 40, createOnly: true},
		{name: "CallType", kind: kindPicklist, length: 40},
		{name: "CallDurationInSeconds", kind: kindInt},
		text("CallObject", 255), text("CallDisposition", 255),
		{name: "ActivityDate", kind: kindDate},
		{name: "WhoId", kind: kindReference, refersTo: "Contact", orTo: []string{"Lead"}, relation: "Who"},
		{name: "WhatId", kind: kindReference, refersTo: "Account", orTo: []string{"Opportunity", "Case"}, relation: "What"},
	}
	login := []column{reference("UserId", "User"), {name: "IsFrozen", kind: kindBoolean}, {name: "IsPasswordLocked", kind: kindBoolean}}
	objects := map[string]*object{}
	for _, o := range []*object{
		newObject("Account", "001", account...), newObject("Contact", "003", contact...),
		newObject("Lead", "00Q", lead...), newObject("User", "005", user...), newObject("Task", "00T", task...),
		newObject("Opportunity", "006", opportunity...), newObject("Case", "500", ticket...),
		newObject("UserLogin", "0Yw", login...),
	} {
		objects[strings.ToLower(o.name)] = o
	}
	for _, o := range setupObjects() {
		objects[strings.ToLower(o.name)] = o
	}
	return objects
}
