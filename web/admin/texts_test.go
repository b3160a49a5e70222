package admin

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTextsAreComplete(t *testing.T) {
	verb := regexp.MustCompile(`%[sd]`)
	for key, text := range allTexts() {
		if strings.TrimSpace(text.en) == "" || strings.TrimSpace(text.de) == "" {
			t.Errorf("%s lacks a language", key)
		}
		if en, de := verb.FindAllString(text.en, -1), verb.FindAllString(text.de, -1); strings.Join(en, "") != strings.Join(de, "") {
			t.Errorf("%s: the languages differ in what they fill in: %v and %v", key, en, de)
		}
	}
}

// TestTextsMatchUse finds keys that do not exist, and texts nobody shows.
func TestTextsMatchUse(t *testing.T) {
	texts, used := allTexts(), make(map[string]bool)
	for _, use := range []*regexp.Regexp{
		regexp.MustCompile(`\{\{-? ?(?:end\}\})?[^}]*?\bt "([^"]+)"`), regexp.MustCompile(`\(t "([^"]+)"`),
		regexp.MustCompile(`(?:say(?:\(r\))?\(|text\(p\.lang\(r\), |errorPage\(w, r, [\w.]+, |Title: )"([\w.]+)"`),
	} {
		for _, m := range use.FindAllStringSubmatch(sources(t), -1) {
			used[m[1]] = true
			if _, ok := texts[m[1]]; !ok {
				t.Errorf("no text %s", m[1])
			}
		}
	}
	// Labels of forms that are made of their fields.
	for kind, names := range map[string][]string{"org.": orgNames(), "object.": objectNames()} {
		for _, name := range names {
			if used[kind+name] = true; texts[kind+name].en == "" {
				t.Errorf("no text %s", kind+name)
			}
		}
	}
	all := sources(t)
	for key := range texts {
		prefix := key[:strings.LastIndexByte(key, '.')+1]
		computed := strings.Contains(all, `"`+prefix+`%s"`) || prefix == "action." || strings.HasPrefix(key, "action.") || strings.HasSuffix(key, ".hint")
		if !used[key] && !computed && !strings.Contains(all, `"`+key+`"`) && !strings.HasSuffix(key, ".title") {
			t.Errorf("nobody shows %s", key)
		}
	}
}

// sources are all templates and all code but the texts and tests.
func sources(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, "texts") || strings.HasSuffix(path, "_test.go") ||
			!strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return err
		}
		content, err := os.ReadFile(path)
		b.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
