package calls

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctibridge/ctibridge/pbx"
	"github.com/ctibridge/ctibridge/pbx/csta/ecma323"
)

// TestGolden plays the schema-checked messages of package ecma323, each at the
// device before the slash.
func TestGolden(t *testing.T) {
	const far = "+493023125678"
	for _, test := range []struct {
		name, messages string
		want           []string
	}{
		{"inbound", "200/DeliveredEvent-inbound 200/EstablishedEvent 200/HeldEvent 200/RetrievedEvent 200/ConnectionClearedEvent", []string{
			"Delivered C1/200 alerting in " + far + ">+493023125200",
			"Established C1/200 connected in " + far + ">+493023125200",
			"Held C1/200 held in " + far + ">+493023125200",
			"Retrieved C1/200 connected in " + far + ">+493023125200",
			"Cleared C1/200 null in " + far + ">+493023125200",
		}},
		{"withheld, picked up", "200/DeliveredEvent-restricted 200/DivertedEvent", []string{
			"Delivered C1/200 alerting in WITHHELD>200",
			"Cleared C1/200 null in WITHHELD>200 cause=elsewhere",
		}},
		{"forwarded", "201/DeliveredEvent-forwarded", []string{"Delivered C1/201 alerting in " + far + ">200 via=200"}},
		{"outbound, busy", "200/ServiceInitiatedEvent 200/OriginatedEvent 200/NetworkReachedEvent 200/DeliveredEvent-outbound 200/FailedEvent", []string{
			"Originated C9/200 initiated out 200>" + far,
			"Failed C9/200 failed out 200>" + far + " cause=busy detail=the number is busy (busy)",
		}},
		{"transferred", "200/DeliveredEvent-inbound 200/EstablishedEvent 200/HeldEvent 201/TransferedEvent", []string{
			"Delivered C1/200 alerting in " + far + ">+493023125200",
			"Established C1/200 connected in " + far + ">+493023125200",
			"Held C1/200 held in " + far + ">+493023125200",
			"Established C3/201 connected in " + far + ">- via=200 cause=transfer",
		}},
		{"conferenced", "200/DeliveredEvent-inbound 200/EstablishedEvent 200/HeldEvent 200/ConferencedEvent 201/ConferencedEvent", []string{
			"Delivered C1/200 alerting in " + far + ">+493023125200",
			"Established C1/200 connected in " + far + ">+493023125200",
			"Held C1/200 held in " + far + ">+493023125200",
			"Conferenced C1/200 connected in " + far + ">+493023125200",
			"Established C3/201 connected in " + far + ">- via=200",
		}},
		{"queued", "900/QueuedEvent", []string{"Queued C1/900 queued in " + far + ">900 group=900"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := New(Options{Link: "csta"})
			table.Watch([]pbx.DeviceID{"200", "201", "900"})
			var got []string
			for at := range strings.FieldsSeq(test.messages) {
				device, name, _ := strings.Cut(at, "/")
				body, err := os.ReadFile(filepath.Join("../ecma323/testdata/messages", name+".xml"))
				if err != nil {
					t.Fatal(err)
				}
				m, err := ecma323.Decode(body)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, shown(applied(table, pbx.DeviceID(device), m, start))...)
			}
			compare(t, got, test.want)
		})
	}
}
