package database

// readStart reads nothing: openWALIndex does not ask for it there.
func readStart(uintptr, []byte) bool { return false }
