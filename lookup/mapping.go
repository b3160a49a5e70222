package lookup

// Targets of a mapping: what a field of an object may become. Numbers are what
// callers are found by, Private those of them that are a person's own lines. The
// targets from Fax on are details: they are read only where they are mapped, and
// no look-up touches them (see Directory.Details).
const (
	TargetName     = "name"
	TargetCompany  = "company"
	TargetAccount  = "account" // the company record's id
	TargetOwner    = "owner"   // a user's id
	TargetNumbers  = "numbers"
	TargetPrivate  = "private"
	TargetCountry  = "country" // reads the record's numbers
	TargetFax      = "fax"
	TargetEmail    = "email"
	TargetStreet   = "street"
	TargetPostcode = "postcode"
	TargetCity     = "city"
	TargetLanguage = "language"
	TargetWeb      = "web"
	TargetComment  = "comment"
)

// Targets are all targets, in the order of a form.
func Targets() []string {
	return append([]string{
		TargetName, TargetCompany, TargetAccount, TargetOwner, TargetNumbers, TargetPrivate, TargetCountry,
	}, DetailTargets()...)
}

// DetailTargets are those from Fax on.
func DetailTargets() []string {
	return []string{TargetFax, TargetEmail, TargetStreet, TargetPostcode, TargetCity, TargetLanguage, TargetWeb, TargetComment}
}

// Standard objects that are copied by default, in this order; others follow.
const (
	ObjectAccount = "Account"
	ObjectContact = "Contact"
	ObjectLead    = "Lead"
)

// SuggestedFields are usual sources of an object's details, by target, for a form
// to offer: none of them is read before an administrator says so.
func SuggestedFields(object string) map[string][]string {
	switch object {
	case ObjectAccount:
		return map[string][]string{
			TargetFax: {"Fax"}, TargetEmail: {"PersonEmail"}, TargetStreet: {"BillingStreet"}, TargetPostcode: {"BillingPostalCode"},
			TargetCity: {"BillingCity"}, TargetWeb: {"Website"}, TargetComment: {"Description"},
		}
	case ObjectContact:
		return map[string][]string{
			TargetFax: {"Fax"}, TargetEmail: {"Email"}, TargetStreet: {"MailingStreet", "Account.BillingStreet"},
			TargetPostcode: {"MailingPostalCode", "Account.BillingPostalCode"}, TargetCity: {"MailingCity", "Account.BillingCity"},
			TargetWeb: {"Account.Website"}, TargetComment: {"Description"},
		}
	case ObjectLead:
		return map[string][]string{
			TargetFax: {"Fax"}, TargetEmail: {"Email"}, TargetStreet: {"Street"}, TargetPostcode: {"PostalCode"},
			TargetCity: {"City"}, TargetWeb: {"Website"}, TargetComment: {"Description"},
		}
	}
	return nil
}
