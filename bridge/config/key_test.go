package config

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestKeyIsMadeOnce(t *testing.T) {
	s := Settings{Data: filepath.Join(t.TempDir(), "data")}
	first, err := s.Key()
	if err != nil || len(first) != KeySize {
		t.Fatalf("got %d bytes, %v", len(first), err)
	}
	info, err := os.Stat(s.Data + ".key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("file %v, %v", info, err)
	}
	second, err := s.Key()
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("another key the second time, %v", err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(s.Data), ".ctibridge-key-*"))
	if err != nil || len(left) != 0 {
		t.Fatalf("left over: %v, %v", left, err)
	}
}

func TestKeyMadeByManyAtOnce(t *testing.T) {
	s := Settings{Data: filepath.Join(t.TempDir(), "data")}
	keys := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := s.Key()
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Fatal("two processes got different keys")
		}
	}
}

func TestKeyFromEnvironment(t *testing.T) {
	want := bytes.Repeat([]byte{7}, KeySize)
	s := Settings{SecretKey: Secret(base64.StdEncoding.EncodeToString(want) + "\n"), Data: "none"}
	got, err := s.Key()
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %x, %v", got, err)
	}
}

func TestKeyRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := base64.StdEncoding.EncodeToString(make([]byte, KeySize))
	data := filepath.Join(dir, "data")
	for what, c := range map[string]struct {
		s    Settings
		word string
	}{
		"short":            {Settings{SecretKey: "c2hvcnQ="}, "openssl rand -base64 32"},
		"not base64":       {Settings{SecretKey: "geheim!"}, "32 bytes"},
		"readable by all":  {Settings{Data: data, SecretKeyFile: write("open.key", good, 0o644)}, "chmod 600"},
		"garbage":          {Settings{Data: data, SecretKeyFile: write("bad.key", "x", 0o600)}, "32 bytes"},
		"folder":           {Settings{Data: data, SecretKeyFile: dir}, "chmod 600"},
		"inside the data":  {Settings{Data: data, SecretKeyFile: filepath.Join(data, "x.key")}, "inside the data folder"},
		"folder not there": {Settings{Data: data, SecretKeyFile: filepath.Join(dir, "none", "x.key")}, "cannot create"},
	} {
		_, err := c.s.Key()
		if err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: got %v, want %q in it", what, err, c.word)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the error tells the key", what)
		}
	}
}

func TestKeyReadOnlyFileWillDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.key")
	text := base64.StdEncoding.EncodeToString(make([]byte, KeySize))
	if err := os.WriteFile(path, []byte(text), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := (Settings{Data: "data", SecretKeyFile: path}).Key(); err != nil {
		t.Fatal(err)
	}
}

func TestKeyInSettingsFileMustBePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ctibridge.yml")
	text := "secret_key: " + base64.StdEncoding.EncodeToString(make([]byte, KeySize)) + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, noEnv, Flags{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, noEnv, Flags{}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatalf("got %v", err)
	}
}
