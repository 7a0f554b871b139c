package configs

import (
	"reflect"
	"sync"
	"weak"
)

// Sharer has many hold one block of a configuration together, as long as anybody holds it:
// thousands of silent sessions would each have a copy of the same few. The zero Sharer is
// ready, and may be used by any goroutine.
type Sharer[T any] struct {
	mu     sync.Mutex
	shared map[string]weak.Pointer[T]
}

// Share gives a value that is deeply equal to *v, the same one for all who have asked under
// a name since the last that differed; nobody may change it. It compares field by field,
// which takes some microseconds.
func (s *Sharer[T]) Share(name string, v *T) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.shared[name].Value(); known != nil && (known == v || reflect.DeepEqual(known, v)) {
		return known
	}
	if s.shared == nil {
		s.shared = make(map[string]weak.Pointer[T])
	}
	s.shared[name] = weak.Make(v)
	return v
}
