package bridge

import "time"

// Token is what a program of the customer's shows to use the API, by its name;
// the token itself is told once, when it is made.
type Token struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
}
