package salesforce

import (
	"context"
	"net/url"
	"strings"
)

// Object is what the org tells of one of its objects to the run-as user:
// fields that this user may not see are missing from it.
type Object struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	Queryable bool   `json:"queryable"`
	// Searchable says that SOSL finds its records.
	Searchable bool    `json:"searchable"`
	Fields     []Field `json:"fields"`
}

// Field is one field of an Object.
type Field struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	// Type is Salesforce's: id, string, phone, reference, boolean, datetime, picklist …
	Type       string `json:"type"`
	Filterable bool   `json:"filterable"`
	NameField  bool   `json:"nameField"` // what a record is called
	// Length is the most characters of a text; 0 for other types.
	Length int `json:"length"`
	// Createable and Updateable say whether the run-as user may write it.
	Createable bool `json:"createable"`
	Updateable bool `json:"updateable"`
	// RelationshipName is the first part of a path through a reference: "Account".
	RelationshipName string   `json:"relationshipName"`
	ReferenceTo      []string `json:"referenceTo"`
}

// Has says whether the run-as user sees the field.
func (o *Object) Has(name string) bool {
	_, ok := o.Field(name)
	return ok
}

// Field finds a field by name in any letter case.
func (o *Object) Field(name string) (Field, bool) {
	for _, f := range o.Fields {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Field{}, false
}

// Describe asks what the run-as user sees of an object. An object that it does
// not see at all is ErrNotFound.
func (c *Client) Describe(ctx context.Context, object string) (*Object, error) {
	var o Object
	err := c.get(ctx, "describe "+object, c.apiPath("/sobjects/"+url.PathEscape(object)+"/describe"), &o)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(o.Name, object) {
		return nil, &Error{Op: "describe " + object, Code: codeNotJSON, Status: 200, Message: "the reply does not describe " + object}
	}
	return &o, nil
}
