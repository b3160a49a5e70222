package salesforce

import (
	"slices"
	"strings"
)

// Remedy is what helps against the refusal of one record.
type Remedy uint8

// The remedies.
const (
	// RemedyWait: the org's administrator has to do something first, see Cure.
	RemedyWait Remedy = iota
	// RemedyRetry: the same may succeed a little later.
	RemedyRetry
	// RemedyDropLink: a record that it names is gone, cannot be seen, or does not
	// fit; without naming it the record can be written. See BlamedFields.
	RemedyDropLink
	// RemedyDescribe: the object is not as it was described, ask again.
	RemedyDescribe
	// RemedyGone: the record itself was deleted in the org.
	RemedyGone
)

// remedies of refusals of a record; those not named wait for the administrator.
var remedies = map[string]Remedy{
	"UNABLE_TO_LOCK_ROW":                            RemedyRetry,
	"SERVER_UNAVAILABLE":                            RemedyRetry,
	"QUERY_TIMEOUT":                                 RemedyRetry,
	"UNKNOWN_EXCEPTION":                             RemedyRetry,
	"PROCESSING_HALTED":                             RemedyRetry,
	"ALL_OR_NONE_OPERATION_ROLLED_BACK":             RemedyRetry,
	"INVALID_CROSS_REFERENCE_KEY":                   RemedyDropLink,
	"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": RemedyDropLink,
	"FIELD_INTEGRITY_EXCEPTION":                     RemedyDropLink,
	"MALFORMED_ID":                                  RemedyDropLink,
	"INACTIVE_OWNER_OR_USER":                        RemedyDropLink,
	"OP_WITH_INVALID_USER_TYPE_EXCEPTION":           RemedyDropLink,
	"CANNOT_UPDATE_CONVERTED_LEAD":                  RemedyDropLink,
	"INVALID_FIELD":                                 RemedyDescribe,
	"INVALID_FIELD_FOR_INSERT_UPDATE":               RemedyDescribe,
	"STRING_TOO_LONG":                               RemedyDescribe,
	"ENTITY_IS_DELETED":                             RemedyGone,
	"NOT_FOUND":                                     RemedyGone,
}

// Remedy says what helps. That a record is deleted is said of the one that is
// written and of those it names: creating tells the two apart.
func (e *Error) Remedy() Remedy {
	r := remedies[e.Code]
	if r == RemedyGone && (strings.HasPrefix(e.Op, "create ") || len(e.Fields) > 0 && !slices.Contains(e.Fields, "Id")) {
		return RemedyDropLink
	}
	if r == RemedyDropLink && strings.HasPrefix(e.Op, "delete ") {
		return RemedyGone
	}
	return r
}

// BlamedFields are those of names that the refusal speaks of.
func (e *Error) BlamedFields(names ...string) []string {
	var blamed []string
	for _, n := range names {
		if slices.ContainsFunc(e.Fields, func(f string) bool { return strings.EqualFold(f, n) }) {
			blamed = append(blamed, n)
		}
	}
	return blamed
}

// writeCures are for refusals of records, read from the top; see cures.
var writeCures = [...]cure{
	{code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", text: "A validation rule of the org refuses it: the message is the rule's own. Let the rule pass what the bridge's run-as user writes (for instance with $User.Username), or change the rule."},
	{code: "REQUIRED_FIELD_MISSING", text: "The org requires a field that the bridge does not fill: %s. Give the field a default value, or do not require it of the run-as user."},
	{code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text: "A trigger or flow of the org refuses it: the message says which. Let it pass what the bridge's run-as user writes."},
	{code: "CANNOT_EXECUTE_FLOW_TRIGGER", text: "A flow of the org fails on it: the message says which. Let it pass what the bridge's run-as user writes."},
	{code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text: "A picklist of the org does not allow the value of %s. Add the value in Setup, or let the picklist take any."},
	{code: "INSUFFICIENT_ACCESS_OR_READONLY", text: "The run-as user may not write it. Give a permission set with “Edit Tasks” (system permissions) and “Edit Access” to the fields, and “View All Records” on the objects."},
	{code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", text: "The run-as user may not see or edit the record that it belongs to, or may not give it to the agent. Give a permission set with “View All Records” on the objects."},
	{code: "INSUFFICIENT_ACCESS", text: "The run-as user may not write it. Give a permission set with “Edit Tasks” (system permissions)."},
	{code: "INACTIVE_OWNER_OR_USER", text: "The agent's Salesforce user is inactive. Activate it in Setup, Users, or disable the agent."},
	{code: "STRING_TOO_LONG", text: "A trigger or flow of the org makes %s longer than the field is. Correct that."},
	{code: "STORAGE_LIMIT_EXCEEDED", text: "The org's data storage is full. Delete records or buy storage; the bridge writes what waits afterwards."},
}

// writeCure is the cure of a refusal to write, empty for others.
func (e *Error) writeCure() string {
	verb, _, _ := strings.Cut(e.Op, " ")
	if verb != "create" && verb != "update" && verb != "delete" {
		return ""
	}
	for _, c := range writeCures {
		if c.code == e.Code {
			return c.fieldCure(e)
		}
	}
	return ""
}
