package recall

import (
	"sync"

	"popbridge/proxy/ledger/lru"
)

// Version is what a database's file tells of its commits, without being asked anything.
type Version struct {
	Commits uint32 // how many there were, modulo 2^32
	Header  [48]byte
}

// Memory keeps what was read. It may be used by any number of goroutines.
type Memory struct {
	// version gives that of the file; false where it cannot be told now. nil: nobody else
	// has the database.
	version func() (Version, bool)

	mu         sync.Mutex
	known      Version      // whose rows the values are made of
	committing int          // transactions of this process that are being committed
	commits    uint64       // of this process
	all        uint64       // how often everything was forgotten
	changed    [tags]uint64 // how often rows of each Tag were
	values     *lru.Cache   // of *kept
}

// New makes a Memory of no more octets than limit, about. version may be nil where no
// other process can have the database.
func New(limit int, version func() (Version, bool)) *Memory {
	return &Memory{version: version, values: lru.New(limit)}
}

// kept is a value that is known.
type kept struct {
	value any
	of    []Tag
	mark  uint64 // of what it was made of, when it was read
}

// keptOctets is what one takes of memory without what it points to: the key and the value,
// with what finds them.
const keptOctets = 640

// Made says what a value was made of.
type Made struct {
	Of     []Tag // nothing: it is not kept
	Octets int   // of memory that it takes, beside its own size
}

// Of gives what read gives, without calling it where that is known still. Values are
// shared: they must not be changed. m may be nil: then nothing is kept.
func Of[V any](m *Memory, key any, read func() (V, Made, error)) (V, error) {
	if m == nil {
		v, _, err := read()
		return v, err
	}
	found, seen, ok := m.get(key)
	if ok {
		return found.(V), nil
	}
	v, made, err := read()
	if err == nil && len(made.Of) > 0 {
		m.put(key, v, made, seen)
	}
	return v, err
}

// moment is when a value was asked for.
type moment struct {
	commits, all uint64
	ok           bool // nothing was being committed, and the file's version was known
}

// get gives what is kept of a key, and the moment at which it was looked for.
func (m *Memory) get(key any) (v any, now moment, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.committing > 0 || !m.look() {
		return nil, moment{}, false
	}
	now = moment{m.commits, m.all, true}
	k, _ := m.values.Get(key).(*kept)
	if k == nil || k.mark != m.mark(k.of) {
		return nil, now, false
	}
	return k.value, now, true
}

// put keeps a value that was read after a moment, unless something was committed since.
func (m *Memory) put(key, v any, made Made, after moment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !after.ok || m.committing > 0 || !m.look() || after != (moment{m.commits, m.all, true}) {
		return
	}
	m.values.Put(key, &kept{v, made.Of, m.mark(made.Of)}, keptOctets+made.Octets)
}

// look forgets everything where others have committed since it was last called. It reports
// whether that can be told. The mutex is held.
func (m *Memory) look() bool {
	if m.version == nil {
		return true
	}
	now, ok := m.version()
	if ok && now != m.known {
		m.known = now
		m.all++
	}
	return ok
}

// mark changes whenever rows of one of the tags do. The mutex is held.
func (m *Memory) mark(of []Tag) uint64 {
	sum := m.all
	for _, tag := range of {
		sum += m.changed[tag]
	}
	return sum
}

// Commit calls commit for a transaction that holds the database's lock for writing, and
// has touched rows of these tags. What was made of them is forgotten before, and
// everything where commit fails, since nobody knows then what the database holds.
func (m *Memory) Commit(touched map[Tag]struct{}, commit func() error) error {
	if m == nil {
		return commit()
	}
	m.mu.Lock()
	told := m.look() // nobody else commits from here until commit returns
	m.committing++
	m.commits++
	for tag := range touched {
		m.changed[tag]++
	}
	m.mu.Unlock()
	err := commit()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.committing--
	if err != nil || !told || !m.ours() {
		m.known = Version{}
		m.all++
	}
	return err
}

// ours takes note of the version that this process's own commit has made, and reports
// whether that is the next one. The mutex is held.
func (m *Memory) ours() bool {
	if m.version == nil {
		return true
	}
	now, ok := m.version()
	if !ok || now.Commits != m.known.Commits+1 {
		return false
	}
	m.known = now
	return true
}

// Forget forgets everything.
func (m *Memory) Forget() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all++
}
