package bridge

import (
	"slices"
	"testing"
)

func TestTabs(t *testing.T) {
	front := Tab{ID: "front", Visible: true, Focused: true}
	back := Tab{ID: "back"}
	ring := "1001 a delivered 03023125101"
	pop := "ada inbound ringing +493023125101 1"
	tests := []struct {
		name string
		do   func(r *rig)
		want []string
	}{
		{"the focused tab opens the record", func(r *rig) {
			r.TabChanged("ada", back)
			r.TabChanged("ada", front)
			r.step(ring)
			r.Navigated("ada", "front", r.screens.navs[0].Pop)
			r.step("- - wait 5s")
		}, []string{pop, "ada tab front opens 003A"}},
		{"a tab that does not answer is passed over", func(r *rig) {
			r.TabChanged("ada", front)
			r.TabChanged("ada", back)
			r.step(ring)
			r.step("- - wait 5s")
		}, []string{pop, "ada tab front opens 003A", "ada tab back opens 003A"}},
		{"none focused: the one last focused", func(r *rig) {
			r.TabChanged("ada", front)
			r.TabChanged("ada", back)
			r.TabChanged("ada", Tab{ID: "front"})
			r.step(ring)
		}, []string{pop, "ada tab front opens 003A"}},
		{"a tab that closes hands over at once", func(r *rig) {
			r.TabChanged("ada", front)
			r.TabChanged("ada", back)
			r.step(ring)
			r.TabClosed("ada", "front")
		}, []string{pop, "ada tab front opens 003A", "ada tab back opens 003A"}},
		{"no tab yet: the one that comes while it rings", func(r *rig) {
			r.step(ring)
			r.TabChanged("ada", front)
		}, []string{pop, "ada tab front opens 003A"}},
		{"no tab until the call has ended", func(r *rig) {
			r.step(ring)
			r.step("1001 a cleared")
			r.TabChanged("ada", front)
		}, []string{pop, "ada inbound ended +493023125101 1 abandoned"}},
		{"several matches open nothing", func(r *rig) {
			r.TabChanged("ada", front)
			r.step("1001 a delivered +493023125200")
		}, []string{"ada inbound ringing +493023125200 2"}},
		{"a company match opens nothing", func(r *rig) {
			r.TabChanged("ada", front)
			r.step("1001 a delivered +493023125300")
		}, []string{"ada inbound ringing +493023125300 1"}},
		{"no record opens over another conversation", func(r *rig) {
			r.TabChanged("ada", front)
			r.step("1001 a delivered withheld")
			r.step("1001 a established")
			r.step("1001 b delivered 03023125101")
		}, []string{"ada inbound ringing withheld", "ada inbound connected withheld", pop}},
		{"a record opens once a call", func(r *rig) {
			r.TabChanged("ada", front)
			r.step(ring)
			r.Navigated("ada", "front", r.screens.navs[0].Pop)
			r.step("1001 a established")
		}, []string{pop, "ada tab front opens 003A", "ada inbound connected +493023125101 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in(t, nil, func(r *rig) {
				tt.do(r)
				if got := r.takes(); !slices.Equal(got, tt.want) {
					t.Errorf("screens were told\n%q\nwant\n%q", got, tt.want)
				}
			})
		})
	}
}
