package pbxtest_test

import (
	"fmt"

	"github.com/ctibridge/ctibridge/pbx/pbxtest"
)

func ExampleSIPSwitch() {
	sw, err := pbxtest.NewSIPSwitch(pbxtest.SIPOptions{Domain: "pbx.example.com", Username: "cti", Password: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sw.Start()
	defer sw.Close()
	sw.AddExtension("1001", "Agent Eins")

	call := sw.Ring("1001", pbxtest.Caller{Number: "+493023125001", Name: "Maria Beispiel"})
	fmt.Println(sw.Calls("1001")[0].State)
	if err := sw.Answer("1001", call); err != nil {
		fmt.Println(err)
	}
	fmt.Println(sw.Calls("1001")[0].State)
	// Output:
	// ringing
	// talking
}
