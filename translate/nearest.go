package translate

// Nearest gives the name that differs from a wrong one by the fewest letters
// put in, left out or changed, where that is few enough to be a slip.
func Nearest(wrong string, names []string) (string, bool) {
	best, least := "", max(2, len(wrong)/3)+1
	if len(wrong) < 4 {
		least = 2
	}
	for _, name := range names {
		if d := distance(wrong, name); d < least {
			best, least = name, d
		}
	}
	return best, best != ""
}

// distance is Levenshtein's, between octets.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
