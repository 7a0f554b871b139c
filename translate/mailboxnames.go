package translate

import "strings"

// MatchMailbox reports whether a mailbox's name matches a pattern of LIST (RFC 9051
// §6.3.9): * stands for any characters, % for any but the delimiter, which is 0 in a flat
// hierarchy. A / in the pattern stands for the delimiter too, so that one configuration
// fits servers that part names otherwise. INBOX is matched in any case (RFC 9051 §5.1).
func MatchMailbox(pattern, name string, delimiter rune) bool {
	if strings.EqualFold(name, "INBOX") {
		pattern, name = strings.ToUpper(pattern), "INBOX"
	}
	return match([]rune(pattern), []rune(name), delimiter)
}

// match goes back to the last * and the last % where what follows them does not fit: no
// pattern takes longer than the product of both lengths.
func match(pattern, name []rune, delimiter rune) bool {
	p, n := 0, 0
	star, starAt, percent, percentAt := -1, 0, -1, 0
	for n < len(name) || p < len(pattern) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, starAt, percent = p, n, -1
			p++
			continue
		case p < len(pattern) && pattern[p] == '%':
			percent, percentAt = p, n
			p++
			continue
		case p < len(pattern) && n < len(name) && (pattern[p] == name[n] || pattern[p] == '/' && name[n] == delimiter && delimiter != 0):
			p, n = p+1, n+1
			continue
		}
		switch {
		case percent >= 0 && percentAt < len(name) && (name[percentAt] != delimiter || delimiter == 0):
			percentAt++
			p, n = percent+1, percentAt
		case star >= 0 && starAt < len(name):
			starAt++
			p, n, percent = star+1, starAt, -1
		default:
			return false
		}
	}
	return true
}
