package ecma323

import (
	"errors"
	"testing"
	"time"
)

func TestInvokes(t *testing.T) {
	now := time.Unix(1000, 0)
	at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
	v := NewInvokes[string](60 * time.Second)
	one, err := v.Add("one", at(0), at(10))
	if err != nil || one != 1 {
		t.Fatalf("first id %v, %v", one, err)
	}
	two, _ := v.Add("two", at(0), at(5))
	if got := v.Earliest(); !got.Equal(at(5)) {
		t.Errorf("earliest deadline %v", got)
	}
	if r, o := v.Take(one); r != "one" || o != Matched {
		t.Errorf("answer: %q, %v", r, o)
	}
	if _, o := v.Take(one); o != Unknown {
		t.Errorf("second answer: %v", o)
	}
	if late := v.Expire(at(4)); len(late) != 0 {
		t.Errorf("given up early: %v", late)
	}
	if late := v.Expire(at(5)); len(late) != 1 || late[0] != "two" || v.Pending() != 0 {
		t.Errorf("given up: %v, %d left", late, v.Pending())
	}
	if _, o := v.Take(two); o != Late {
		t.Errorf("late answer: %v", o)
	}
}

// TestInvokesRest: an id that timed out is not used until it has rested, not
// even when the numbers start again.
func TestInvokesRest(t *testing.T) {
	now := time.Unix(1000, 0)
	v := NewInvokes[int](time.Minute)
	lost, _ := v.Add(0, now, now.Add(time.Second))
	v.Expire(now.Add(time.Second))
	kept, _ := v.Add(1, now, now.Add(time.Hour))
	for n := range int(maxInvokeID) {
		id, err := v.Add(n, now.Add(2*time.Second), now.Add(time.Hour))
		if err != nil {
			t.Fatalf("request %d: %v", n, err)
		}
		if id == lost || id == kept || id == EventInvokeID || id == 0 {
			t.Fatalf("request %d got id %v", n, id)
		}
		v.Take(id)
	}
	seen := false
	for range int(maxInvokeID) {
		id, _ := v.Add(2, now.Add(2*time.Minute), now.Add(time.Hour))
		seen = seen || id == lost
		v.Take(id)
	}
	if !seen {
		t.Error("the id never came back")
	}
}

func TestInvokesFull(t *testing.T) {
	now := time.Unix(1000, 0)
	v := NewInvokes[int](time.Minute)
	for n := range int(maxInvokeID) {
		if _, err := v.Add(n, now, now.Add(time.Second)); err != nil {
			t.Fatalf("request %d: %v", n, err)
		}
	}
	if _, err := v.Add(0, now, now); !errors.Is(err, ErrNoInvokeID) {
		t.Errorf("one too many: %v", err)
	}
	v.GiveUp(7, now)
	if _, err := v.Add(0, now, now); !errors.Is(err, ErrNoInvokeID) {
		t.Errorf("an id that rests was given out: %v", err)
	}
	if all := v.Drain(); len(all) != int(maxInvokeID)-1 || v.Pending() != 0 {
		t.Errorf("%d drained", len(all))
	}
}
