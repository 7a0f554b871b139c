package socket

// Sleeper is whom a Watch wakes.
type Sleeper interface {
	// Wake does not wait, and may be called with locks held by who closes the connection.
	Wake()
}
