package upstream

// Quantity is something that is counted for each upstream.
type Quantity uint8

// The first three rise and fall; the others only rise.
const (
	Connections    Quantity = iota // open now, parked ones among them
	Parked                         // of them, those that wait for their device's next poll
	PrefetchOctets                 // asked for before the device has asked

	DialsFailed     // connections that failed before a login
	Logins          // that the server accepted
	Reuses          // of a parked connection, each a login that was not needed
	Commands        // sent on connections, logins among them; CAPABILITY, STARTTLS and LOGOUT are not counted
	ListingsAvoided // the mailbox was known to be unchanged, and nothing was asked
	ListingsChanged // the difference was asked
	ListingsFull    // every message was asked
	ListingsShort   // what the server said did not add up
	LeftOut         // messages that were left out of listings, or listed without a size
	PrefetchHits    // messages that were on their way when the device asked
	PrefetchWasted  // messages read ahead that the device did not ask for
	CopiesFound     // COPYs that a cut left in doubt, and a look in the target found done
	CopiesRepeated  // the same, and found not done
	Placeholders    // texts served in the place of messages that cannot be read
	quantities
)

// Quantities is how many there are.
const Quantities = int(quantities)

// Meter gives what counts for an upstream, always the same for one name.
type Meter interface{ Upstream(name string) Tally }

// Tally counts for one upstream. It is called by many goroutines, for each
// command and each message, so it never blocks.
type Tally interface{ Add(Quantity, int64) }

// noMeter is where nobody counts.
type noMeter struct{}

func (n noMeter) Upstream(string) Tally { return n }
func (noMeter) Add(Quantity, int64)     {}
