package text_test

import (
	"testing"
	"unicode/utf8"

	"github.com/ctibridge/ctibridge/pbx/internal/text"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Berta Beispiel", "Berta Beispiel"},
		{"entities", "A &amp; B &lt;&gt;&quot;&apos;", `A & B <>"'`},
		{"references", "&#77;&#x75;&#X308;", "Mu\u0308"},
		{"no entity", "A & B &nbsp; &#; &#xZ; &#x110000; &unending", "A & B &nbsp; &#; &#xZ; &#x110000; &unending"},
		{"a surrogate is no character", "&#xD800;", "&#xD800;"},
		{"Latin-1", "M\xfcller", "Müller"},
		{"control characters", "a\x00b\tc\u0085d\u2028e", "a b c d e"},
		{"a name turned round", "a\u202egpj.exe\u2066\ufeff\u200bb", "agpj.exeb"},
		{"hidden in a reference", "&#x202e;a&#10;", "a "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text.Decode(c.in); got != c.want {
				t.Errorf("Decode(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestLocalName(t *testing.T) {
	for in, want := range map[string]string{"dialog": "dialog", "di:dialog": "dialog", "a:b:c": "c", ":": ""} {
		if got := text.LocalName(in); got != want {
			t.Errorf("LocalName(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "a&amp;b", "\xff&#x202e;", "&&#1;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := text.Decode(in)
		if !utf8.ValidString(out) {
			t.Errorf("Decode(%q) = %q is no UTF-8", in, out)
		}
		if again := text.Clean(out); again != out {
			t.Errorf("Clean changes what Decode made of %q: %q, %q", in, out, again)
		}
	})
}
