package translate

// Placement is what operators have said of where an account is served, beside
// the routes. The zero Placement: nothing.
type Placement struct {
	// Upstream serves the account, whatever the routes say; empty: they decide.
	Upstream string
	// Held says that nobody may log in for the moment.
	Held bool
	// Disabled says that nobody logs in until an operator enables the account again, and
	// Why is what he has noted beside it.
	Disabled bool
	Why      string
}
