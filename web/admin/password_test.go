package admin

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestHashPassword(t *testing.T) {
	hash, err := HashPassword("correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("hash %s", hash)
	}
	if again, _ := HashPassword("correct horse battery"); again == hash {
		t.Error("no salt")
	}
	for password, want := range map[string]bool{"correct horse battery": true, "correct horse": false, "": false} {
		if ok, err := VerifyPassword(hash, password); ok != want || err != nil {
			t.Errorf("VerifyPassword(%q) = %v, %v", password, ok, err)
		}
	}
}

func TestVerifyRefusesBadHashes(t *testing.T) {
	for _, hash := range []string{
		"", "secret", "$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=16$m=64,t=2,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=19$m=64,t=2,p=0$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=19$m=64,t=2,p=300$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=19$m=64,t=1000000,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ",
		"$argon2id$v=19$m=64,t=2,p=1$c29t$MDEyMzQ1Njc4OTAxMjM0NQ", "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$MDEy",
		"$argon2id$v=19$m=64,t=2,p=1$!!!!$MDEyMzQ1Njc4OTAxMjM0NQ",
	} {
		if ok, err := VerifyPassword(hash, "password"); ok || err == nil {
			t.Errorf("VerifyPassword with hash %q: %v, %v", hash, ok, err)
		}
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$MDEyMzQ1Njc4OTAxMjM0NQ")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := parsePHC(s); err == nil && (h.passes > argonMaxTime || h.memory > argonMaxMem || h.lanes == 0 || len(h.salt) < 8) {
			t.Errorf("took %q", s)
		}
	})
}

func TestCheckNewPassword(t *testing.T) {
	for password, want := range map[string]error{
		"elf Zeichen": ErrPasswordShort, "zwölf Zeichö": nil, "": ErrPasswordShort,
		strings.Repeat("x", MaxPasswordLength): nil, strings.Repeat("x", MaxPasswordLength+1): ErrPasswordLong,
		"for BERTA and me": ErrPasswordIsName,
	} {
		if err := CheckNewPassword("berta", password); !errors.Is(err, want) {
			t.Errorf("CheckNewPassword(%.20q) = %v, want %v", password, err, want)
		}
	}
	if err := CheckNewPassword("a", "all of these words"); err != nil {
		t.Errorf("a short name rules out most passwords: %v", err)
	}
}

// TestNobodyCostsAsMuch: the hash an unknown name is checked against has the
// parameters of a real one.
func TestNobodyCostsAsMuch(t *testing.T) {
	c := newPasswordChecker()
	nobody, err := parsePHC(c.nobody)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := HashPassword("x")
	if err != nil {
		t.Fatal(err)
	}
	real, err := parsePHC(hash)
	if err != nil {
		t.Fatal(err)
	}
	if nobody.passes != real.passes || nobody.memory != real.memory || nobody.lanes != real.lanes || len(nobody.tag) != len(real.tag) {
		t.Errorf("nobody %+v, real %+v", nobody, real)
	}
	if ok, err := c.verify(t.Context(), "", "anything"); ok || err != nil {
		t.Errorf("nobody signed in: %v, %v", ok, err)
	}
}

func TestPasswordQueueIsBounded(t *testing.T) {
	c := newPasswordChecker()
	ctx, cancel := context.WithCancel(t.Context())
	release, started := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = c.do(ctx, func() error { close(started); <-release; return nil })
	})
	<-started
	for range maxPasswordQueue - 1 {
		c.queue <- struct{}{} // those who wait
	}
	if err := c.do(ctx, func() error { return nil }); !errors.Is(err, errBusy) {
		t.Errorf("the queue took one too many: %v", err)
	}
	<-c.queue
	cancel()
	if err := c.do(ctx, func() error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a browser that left still waits: %v", err)
	}
	close(release)
	wg.Wait()
}

func BenchmarkVerifyPassword(b *testing.B) {
	hash, err := HashPassword("correct horse battery")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_, _ = VerifyPassword(hash, "correct horse battery")
	}
}
