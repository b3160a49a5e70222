package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySize is the length of the key in bytes.
const KeySize = 32

// KeyFile is where the key is kept unless it is given directly: next to the
// data folder and not in it, so that a copy of the folder does not hold it.
func (s Settings) KeyFile() string {
	if s.SecretKeyFile != "" {
		return s.SecretKeyFile
	}
	return filepath.Clean(s.Data) + ".key"
}

// Key is the key that secrets are sealed with: SecretKey if it is set, else
// from KeyFile, which is created when it is missing. It refuses a file that
// others can read and one inside the data folder.
func (s Settings) Key() ([]byte, error) {
	if s.SecretKey != "" {
		key, err := decodeKey(s.SecretKey.Reveal())
		if err != nil {
			return nil, fmt.Errorf("config: secret_key: %w", err)
		}
		return key, nil
	}
	path := s.KeyFile()
	if err := outside(path, s.Data); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = createKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("config: key file: %w", err)
	}
	return key, nil
}

func decodeKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := enc.DecodeString(text); err == nil && len(key) == KeySize {
			return key, nil
		}
	}
	return nil, errors.New("must be the base64 of 32 bytes; make one with: openssl rand -base64 32")
}

// outside refuses a key file in the folder whose secrets it opens.
func outside(path, folder string) error {
	file, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		return fmt.Errorf("key file: %s is inside the data folder, so whoever copies the folder has the key; move it elsewhere and set secret_key_file", path)
	}
	return nil
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := checkPrivate(f); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// checkPrivate looks at the open file, so that nobody can swap it in between.
func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if mode := info.Mode(); mode.IsDir() || mode.Perm()&0o077 != 0 {
		return fmt.Errorf("%s holds the key, and others can read it (%s); run: chmod 600 %s", f.Name(), mode, f.Name())
	}
	return nil
}

// createKey writes a new key under another name and links it into place: of
// two processes that start at once both end with the same key, and a crash
// leaves no half-written one.
func createKey(path string) ([]byte, error) {
	key := make([]byte, KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".ctibridge-key-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("cannot create %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return readKey(path)
	} else if err != nil {
		return nil, fmt.Errorf("cannot create %s: %w", path, err)
	}
	return key, syncFolder(filepath.Dir(path))
}

// syncFolder makes the new name durable: a key that is lost in a power cut
// takes every secret sealed with it along.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
