package limiter

// pending are a subject's logins that are being tried. changed is closed when one
// of them is over.
type pending struct {
	count   int
	changed chan struct{}
}

// changed is closed when one of the subject's logins is over; nil where none is
// being tried.
func (l *Limiter) changed(of subject) <-chan struct{} {
	if p := l.pending[of]; p != nil {
		return p.changed
	}
	return nil
}

// hold counts a login that is being tried; the zero subject has none.
func (l *Limiter) hold(of subject) {
	if of == 0 {
		return
	}
	p := l.pending[of]
	if p == nil {
		p = &pending{changed: make(chan struct{})}
		l.pending[of] = p
	}
	p.count++
}

// release says that one is over.
func (l *Limiter) release(of subject) {
	p := l.pending[of]
	if p == nil {
		return
	}
	close(p.changed)
	if p.count--; p.count == 0 {
		delete(l.pending, of)
		return
	}
	p.changed = make(chan struct{})
}
