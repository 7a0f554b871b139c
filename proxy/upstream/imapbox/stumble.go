package imapbox

import (
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// stumbleFor is how long a message is not asked for again over which the server has ended
// the connection: each time costs a login, and a device may poll each minute.
const stumbleFor = time.Hour

// stumbles are the messages of a mailbox over which its server has ended a connection, and
// when.
type stumbles struct {
	validity uint32
	at       map[goimap.UID]time.Time
}

// stumbleOver remembers that the server ends the connection when it is asked for a message.
func (m *Mailbox) stumbleOver(uid goimap.UID) {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if len(m.pool.stumbles) >= maxNames {
		clear(m.pool.stumbles)
	}
	s := m.pool.stumbles[m.keptKey()]
	if s.at == nil || s.validity != m.validity {
		s = stumbles{m.validity, make(map[goimap.UID]time.Time)}
	}
	s.at[uid] = time.Now()
	m.pool.stumbles[m.keptKey()] = s
}

// stumbled gives the messages over which the server has ended a connection not long ago.
func (m *Mailbox) stumbled() (uids goimap.UIDSet) {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	s := m.pool.stumbles[m.keptKey()]
	if s.validity != m.validity {
		return nil
	}
	for uid, at := range s.at {
		if time.Since(at) < stumbleFor {
			uids.AddNum(uid)
		}
	}
	return uids
}
