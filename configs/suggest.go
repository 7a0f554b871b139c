package configs

import "popbridge/translate"

// maxCompared bounds the names that wrong ones are compared with in one reading: a
// file that is wrong in so many places is not mended by hand.
const maxCompared = 200_000

// nearest is the function of that name, while the reading has patience.
func (r *reading) nearest(wrong string, names []string) (string, bool) {
	if r.compared += len(names); r.compared > maxCompared {
		return "", false
	}
	return translate.Nearest(wrong, names)
}
