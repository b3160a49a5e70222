package salesforce

import (
	"bytes"
	"testing"
)

func FuzzDecodeWritten(f *testing.F) {
	f.Add([]byte(`[{"id":"00T7Q0000000001UAA","success":true,"errors":[]}]`))
	f.Add([]byte(`[{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"m","fields":["Subject"]}]}]`))
	f.Add([]byte(`[{"success":false}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeWritten("create Task", body, 1)
		if err != nil {
			return
		}
		if len(got) != 1 || (got[0].ID == "") == (got[0].Err == nil) {
			t.Errorf("%q became %+v", bytes.TrimSpace(body), got)
		}
	})
}
