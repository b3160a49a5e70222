package salesforcetest

import "testing"

func TestRefresh(t *testing.T) {
	t.Parallel()
	o := NewOrg(Options{Sandbox: true, Users: []User{{LastName: "Beispiel", Username: "berta@example.com", Email: "berta@example.com"}}})
	o.Refresh("test")
	o.Refresh("test")
	if u := o.Users()[1]; u.Email != "berta@example.com.invalid" || u.Username != "berta@example.com.test.test" {
		t.Errorf("%+v", u)
	}
}
