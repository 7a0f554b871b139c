package translate

import "fmt"

// Count says how many there are of a thing, for an operator: "1 message",
// "2 messages".
func Count[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
