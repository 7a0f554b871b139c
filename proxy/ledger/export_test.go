package ledger

// Writes counts the transactions that were begun in order to write.
func Writes(s *Store) int64 { return s.db.writes.Load() }

// ForgetCache makes the Store as cold as one that was just opened.
func ForgetCache(s *Store) { s.cache = newCache(maxCached) }
