package admin

import "testing"

// TestPagesParse: every page can be parsed in every language, which at run time
// happens only once somebody asks for it.
func TestPagesParse(t *testing.T) {
	files, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	r := newRenderer(files, "test")
	for l, pages := range r.pages {
		if len(pages) != len(pageFiles) {
			t.Errorf("%s has %d pages", l, len(pages))
		}
		for name, parse := range pages {
			if page, err := parse(); err != nil || page.Lookup("content") == nil {
				t.Errorf("%s in %s: %v", name, l, err)
			}
		}
	}
}
