package salesforcetest

import "strings"

// Refresh does to the users of a sandbox what copying production into it does:
// e-mails end in .invalid, so that nobody is written to, and user names in the
// sandbox's own.
func (o *Org) Refresh(sandbox string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tables["user"]
	for _, r := range t.rows {
		if email := t.get(r, "Email"); email != "" && !strings.HasSuffix(email, ".invalid") {
			t.set(r, "Email", email+".invalid")
		}
		t.set(r, "Username", t.get(r, "Username")+"."+sandbox)
		t.touch(r, o.options.Now())
	}
}
