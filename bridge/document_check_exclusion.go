package bridge

import (
	"fmt"
	"strings"
)

// checkExclusions never quotes a number: the list is confidential itself.
func (c *checker) checkExclusions(list []Exclusion) {
	seen := map[string]bool{}
	for i := range list {
		e, path := &list[i], fmt.Sprintf("exclusions[%d].", i)
		e.Extension, e.Reason = strings.TrimSpace(e.Extension), strings.TrimSpace(e.Reason)
		switch {
		case (e.Number == "") == (e.Extension == ""):
			c.add(path+"number", "give either a number or an extension")
		case e.Number != "":
			c.excludedNumber(path, e)
		case len(e.Extension) > 64 || strings.ContainsFunc(e.Extension, notExtension):
			c.add(path+"extension", "must be an extension such as 190")
		}
		if len(e.Reason) > 200 {
			c.add(path+"reason", "must not be longer than 200 characters")
		}
		if key := e.Key(); key != "" && seen[key] {
			c.add(path+"number", "is there twice; keep one")
		}
		seen[e.Key()] = true
	}
}

func (c *checker) excludedNumber(path string, e *Exclusion) {
	text, many := strings.CutSuffix(strings.TrimSpace(e.Number), "*")
	number, ok := DialPrefix(text)
	if !ok || len(number) < len("+4930") {
		c.add(path+"number", "must be a number in international form such as +49 30 23125500, with * at its end for all that begin so")
		return
	}
	if e.Number = number; many {
		e.Number += "*"
	}
}
