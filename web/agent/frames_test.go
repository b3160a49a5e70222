package agent

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
)

func frameFiles(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "frames", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no frame files %s: %v", pattern, err)
	}
	files := make(map[string][]byte)
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(p)] = bytes.TrimSuffix(data, []byte("\n"))
	}
	return files
}

// TestServerFrames: what we would send for what a file says is the file.
func TestServerFrames(t *testing.T) {
	for name, want := range frameFiles(t, "server.*.json") {
		t.Run(name, func(t *testing.T) {
			f, err := DecodeFrame(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := encodeFrame(f)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("encoded\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// encodeFrame encodes as the hub does for each type.
func encodeFrame(f Frame) ([]byte, error) {
	switch f.Type {
	case "welcome":
		return encode(f.Type, f.Welcome)
	case "call":
		return encodeCall(f.Call), nil
	case "navigate":
		return encodeNavigation(f.Navigate)
	case "result":
		return encode(f.Type, f.Result)
	case "settings":
		return encode(f.Type, f.Settings)
	case "error":
		return encode(f.Type, f.Error)
	}
	return encodePing(f.Ping.Time.Time), nil
}

// TestClientFrames: each file is read without loss, and passes the checks.
func TestClientFrames(t *testing.T) {
	for name, data := range frameFiles(t, "client.*.json") {
		t.Run(name, func(t *testing.T) {
			frame, kind, err := decodeClient(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := encode(kind, frame)
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, got, data) {
				t.Errorf("read back as\n%s\nwant\n%s", got, data)
			}
		})
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// TestEncodeCall holds the hand-made encoder to encoding/json, field by field,
// also for fields that are added later.
func TestEncodeCall(t *testing.T) {
	full := bridge.Call{}
	fill(t, reflect.ValueOf(&full).Elem(), "x")
	hostile := bridge.Call{Actions: []bridge.Action{}}
	fill(t, reflect.ValueOf(&hostile).Elem(), "<b>\"\\\x00\x1f&\x7f\xff\u2028 é 漢")
	bare := bridge.Call{Actions: []bridge.Action{}}
	pending := bare
	pending.Matches = []bridge.Match{}
	for name, c := range map[string]bridge.Call{"full": full, "hostile": hostile, "bare": bare, "nobody": pending} {
		want, err := encode("call", map[string]any{"call": c})
		if err != nil {
			t.Fatal(err)
		}
		if got := encodeCall(&c); !bytes.Equal(got, want) {
			t.Errorf("%s: encoded\n%s\nwant\n%s", name, got, want)
		}
	}
	if got := string(encodeCall(&bridge.Call{})); !strings.HasSuffix(got, `"actions":[]}}`) {
		t.Errorf("no actions are not a list: %s", got)
	}
}

// TestEncodeNavigation is TestEncodeCall for navigate frames.
func TestEncodeNavigation(t *testing.T) {
	full := bridge.Navigation{}
	fill(t, reflect.ValueOf(&full).Elem(), "<b>\"\\\x00 é")
	record := full
	record.Create, record.Search = nil, nil
	nowhere := record
	nowhere.Record = nil
	for name, n := range map[string]bridge.Navigation{"full": full, "record": record, "nowhere": nowhere} {
		want, err := encode("navigate", n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := encodeNavigation(&n); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: encoded\n%s (%v)\nwant\n%s", name, got, err, want)
		}
	}
}

// fill sets every field below v.
func fill(t *testing.T, v reflect.Value, text string) {
	t.Helper()
	if v.Type() == reflect.TypeFor[bridge.Time]() {
		v.Set(reflect.ValueOf(bridge.Time{Time: time.Date(2026, 11, 21, 9, 0, 0, 250e6, time.UTC)}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint64:
		v.SetUint(1 << 60)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), text)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{text: text}))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), text)
		}
	default:
		t.Fatalf("cannot fill a %s; teach encodeCall and this test", v.Type())
	}
}

func TestMalformedClientFrames(t *testing.T) {
	long := strings.Repeat("x", maxID+1)
	for name, frame := range map[string]string{
		"empty":              ``,
		"not JSON":           `{"type":`,
		"array":              `[]`,
		"no type":            `{}`,
		"type no string":     `{"type":1}`,
		"not UTF-8":          "{\"type\":\"tab\",\"x\":\"\xff\"}",
		"two values":         `{"type":"tab"}{"type":"tab"}`,
		"nothing to prove":   `{"type":"authenticate","tab":{"id":"t"}}`,
		"twice proven":       `{"type":"authenticate","ticket":"a","resume":"b","tab":{"id":"t"}}`,
		"no tab":             `{"type":"authenticate","ticket":"a"}`,
		"long tab":           `{"type":"authenticate","ticket":"a","tab":{"id":"` + long + `"}}`,
		"dial long number":   `{"type":"dial","request":"r","number":"` + strings.Repeat("1", maxNumber+1) + `"}`,
		"dial no request":    `{"type":"dial","number":"1"}`,
		"dial long request":  `{"type":"dial","request":"` + long + `","number":"1"}`,
		"dial no record":     `{"type":"dial","request":"r","number":"1","record":{"object":"Contact","id":"x"}}`,
		"act unknown":        `{"type":"callAction","request":"r","call":"c","action":"explode"}`,
		"act no call":        `{"type":"callAction","request":"r","action":"hangup"}`,
		"choose a path":      `{"type":"choose","call":"c","record":{"object":"../../Contact","id":"003000000000001AAA"}}`,
		"choose a query":     `{"type":"choose","call":"c","record":{"object":"Contact","id":"003000000' OR 1=1"}}`,
		"note on nothing":    `{"type":"note","text":"x"}`,
		"note long request":  `{"type":"note","request":"` + long + `","call":"c","text":"x"}`,
		"device too long":    `{"type":"device","id":"` + strings.Repeat("x", maxDevice+1) + `"}`,
		"recent, no request": `{"type":"recent","seen":true}`,
		"navigated nowhere":  `{"type":"navigated"}`,
	} {
		if f, _, err := decodeClient([]byte(frame)); err == nil {
			t.Errorf("%s: read as %+v", name, f)
		}
	}
}

func FuzzClientFrame(f *testing.F) {
	for _, data := range frameFiles(f, "client.*.json") {
		f.Add(data)
	}
	f.Add([]byte(`{"type":"choose","call":"c","record":{"object":"a","id":"<>"}}`))
	f.Add([]byte(`{"type":"tab","visible":true,"focused":true}`))
	f.Add([]byte(`{"type":"tab","visible":true,"focused":false}`))
	f.Add([]byte(`{"type":"navigated","pop":"p-1","pop":"p-2"}`))
	f.Add([]byte(`{"type":"navigated","pop":"p\u002d1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, kind, err := decodeClient(data)
		if slow, slowKind, slowErr := decodeJSON(data); !reflect.DeepEqual(frame, slow) || kind != slowKind || (err == nil) != (slowErr == nil) {
			t.Fatalf("%q is read as %+v (%v), encoding/json reads %+v (%v)", data, frame, err, slow, slowErr)
		}
		if err != nil {
			return
		}
		again, err := encode(kind, frame)
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", frame, err)
		}
		back, _, err := decodeClient(again)
		if err != nil || !reflect.DeepEqual(frame, back) {
			t.Fatalf("%s reads back as %+v (%v), want %+v", again, back, err, frame)
		}
	})
}

func FuzzEncodeString(f *testing.F) {
	f.Add("Berta <Beispiel> \u2028")
	f.Fuzz(func(t *testing.T, s string) {
		want, _ := json.Marshal(s)
		if got := appendString(nil, s); !bytes.Equal(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestClientTypes: each type that is read has its counter.
func TestClientTypes(t *testing.T) {
	for name, data := range frameFiles(t, "client.*.json") {
		if _, kind, err := decodeClient(data); err != nil || !slices.Contains(clientTypes[:], kind) {
			t.Errorf("%s: type %q (%v) is not among clientTypes", name, kind, err)
		}
	}
}

func BenchmarkDecodeClient(b *testing.B) {
	files := frameFiles(b, "client.*.json")
	for _, name := range []string{"client.navigated.json", "client.note.json"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := decodeClient(files[name]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodeCall(b *testing.B) {
	f, err := DecodeFrame(frameFiles(b, "server.call-ringing-known.json")["server.call-ringing-known.json"])
	if err != nil {
		b.Fatal(err)
	}
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encodeCall(f.Call)
		}
	})
	b.Run("encoding json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := encode("call", struct {
				Call *bridge.Call `json:"call"`
			}{f.Call}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
