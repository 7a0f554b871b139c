package configs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// elementError says which element of a list is wrong.
type elementError struct {
	index int
	error
}

// setList takes a list of texts; the sample is for the message that one is wanted.
func setList[E any](dst *[]E, given any, sample string, parse func(string) (E, error)) error {
	items, ok := given.([]any)
	if !ok {
		return fmt.Errorf("has to be a list; write [%q]", sample)
	}
	for i, item := range items {
		text, ok := item.(string)
		if !ok {
			return elementError{i, errors.New("has to be text in quotes")}
		}
		element, err := parse(text)
		if err != nil {
			return elementError{i, err}
		}
		*dst = append(*dst, element)
	}
	return nil
}

// plainText takes text without control characters.
func plainText(text string) (string, error) {
	if i := slices.IndexFunc([]byte(text), func(c byte) bool { return c < ' ' || c == 0x7F }); i >= 0 {
		return "", fmt.Errorf("holds the control character 0x%02x; leave it out", text[i])
	}
	return text, nil
}

// setWords takes a list whose elements are parted by commas.
func setWords(dst *[]string, text string) error {
	for item := range strings.SplitSeq(text, ",") {
		word, err := plainText(strings.TrimSpace(item))
		if err != nil {
			return err
		}
		*dst = append(*dst, word)
	}
	return nil
}
