package lookup

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/dgraph-io/ristretto/v2"
)

// cache keeps answers, hits and misses alike, and never one that is older than
// the last commit.
//
// Numbers fall into shards, and each shard has an epoch. A look-up reads the
// epoch before it asks the database and stores it with the answer. A commit,
// once durable and before it is reported, advances the epochs of the numbers
// it touched; an answer of another epoch is a miss. So an answer read from the
// database before a commit and stored after it is never served. Plain
// cache-aside has that race.
type cache struct {
	entries *ristretto.Cache[uint64, *entry]
	epochs  []atomic.Uint32
	places  []atomic.Uint32 // epochs of blocks and companies, see place.go
	seed    maphash.Seed
	max     int64

	hits, misses atomic.Uint64
}

// epochBits: 2^18 shards are 1 MB; a batch of 5,000 records with two numbers
// each voids 4 % of the cache beside what it touches.
const (
	epochBits = 18
	placeBits = 16
)

// entry is one answer, with all of its question: two questions may share a hash.
type entry struct {
	scope  Scope
	key    int64
	epoch  uint32
	places []dependency // of answers that tell of a company, or of nobody
	found  []candidate  // ranked for nobody in particular
}

func newCache(bytes int64) (*cache, error) {
	entries, err := ristretto.NewCache(&ristretto.Config[uint64, *entry]{
		// ten counters for each answer of usual size, as ristretto advises
		NumCounters: max(bytes/40, 1000),
		MaxCost:     bytes,
		BufferItems: 64,
		Metrics:     true,
		KeyToHash:   func(k uint64) (uint64, uint64) { return k, 0 },
	})
	if err != nil {
		return nil, fmt.Errorf("lookup: cache: %w", err)
	}
	return &cache{entries: entries, epochs: make([]atomic.Uint32, 1<<epochBits), places: make([]atomic.Uint32, 1<<placeBits), seed: maphash.MakeSeed(), max: bytes}, nil
}

// epoch is that of the shard of a number.
func (c *cache) epoch(key int64) *atomic.Uint32 {
	return &c.epochs[uint64(key)*0x9E3779B97F4A7C15>>(64-epochBits)]
}

// placed is the epoch of the shard of a place.
func (c *cache) placed(place int64) *atomic.Uint32 {
	return &c.places[uint64(place)*0x9E3779B97F4A7C15>>(64-placeBits)]
}

// void makes every answer about these numbers and places a miss. It is called
// after COMMIT and before the commit is reported.
func (c *cache) void(numbers, places []int64) {
	for _, key := range numbers {
		c.epoch(key).Add(1)
	}
	for _, place := range places {
		c.placed(place).Add(1)
	}
}

// hash is the cache's key for a question.
func (c *cache) hash(s *Scope, key int64) uint64 {
	h := uint64(key)*0x9E3779B97F4A7C15 ^ maphash.String(c.seed, s.Org)
	for _, book := range s.Books {
		h = bits.RotateLeft64(h, 17)*0xBF58476D1CE4E5B9 ^ maphash.String(c.seed, book)
	}
	h = bits.RotateLeft64(h, 31) * 0x94D049BB133111EB
	for _, object := range s.Objects {
		h = bits.RotateLeft64(h, 17)*0xBF58476D1CE4E5B9 ^ maphash.String(c.seed, object)
	}
	return h ^ h>>29
}

// get finds an answer of the present epoch; it is the cache's own.
func (c *cache) get(s *Scope, key int64, hash uint64, epoch uint32) ([]candidate, bool) {
	e, ok := c.entries.Get(hash)
	if !ok || e.epoch != epoch || e.key != key || !e.scope.equal(s) || !e.holds(c) {
		c.misses.Add(1)
		return nil, false
	}
	c.hits.Add(1)
	return e.found, true
}

func (c *cache) put(hash uint64, e *entry) { c.entries.Set(hash, e, e.cost()) }

// What an entry takes beside its own size, measured over 58,000 answers: the maps
// of the cache, and the numbers that stand before the texts of a row (see unpack).
// ristretto adds the size of its own item.
const (
	entryOverhead = 192
	rowOverhead   = 64
)

func (e *entry) cost() int64 {
	n := int64(unsafe.Sizeof(*e)) + entryOverhead
	for i := range e.found {
		m := &e.found[i]
		n += int64(unsafe.Sizeof(*m)) + rowOverhead + int64(len(m.ID)+len(m.Object)+len(m.Org)+len(m.Name)+len(m.Company)+len(m.account)+len(m.owner))
	}
	n += int64(len(e.places)) * int64(unsafe.Sizeof(dependency{}))
	for _, list := range [][]string{e.scope.Books, e.scope.Objects} {
		n += int64(len(list)) * int64(unsafe.Sizeof(""))
	}
	return n
}

// asked is how many look-ups there have been.
func (c *cache) asked() uint64 { return c.hits.Load() + c.misses.Load() }

func (c *cache) stats() DirectoryStats {
	s := DirectoryStats{Hits: c.hits.Load(), Misses: c.misses.Load(), MaxBytes: c.max}
	if all := s.Hits + s.Misses; all > 0 {
		s.HitRatio = float64(s.Hits) / float64(all)
	}
	m := c.entries.Metrics
	s.Entries = int64(m.KeysAdded() - m.KeysEvicted())
	s.Bytes = int64(m.CostAdded() - m.CostEvicted())
	return s
}

func (c *cache) close() { c.entries.Close() }

func (s *Scope) equal(o *Scope) bool {
	return s.Org == o.Org && slices.Equal(s.Books, o.Books) && slices.Equal(s.Objects, o.Objects)
}

func (s *Scope) clone() Scope {
	return Scope{Org: s.Org, User: s.User, Books: slices.Clone(s.Books), Objects: slices.Clone(s.Objects)}
}
