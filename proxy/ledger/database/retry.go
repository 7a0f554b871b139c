package database

import (
	"context"
	"errors"
)

// attemptsToRead is how often what others write meanwhile is read again: far more
// often than sessions that log in at once can get in each other's way.
const attemptsToRead = 100

// Retry reads again where others have written between two statements: that is no
// reason to refuse a login.
func Retry[V any](ctx context.Context, read func() (V, error)) (v V, err error) {
	for range attemptsToRead {
		if v, err = read(); !errors.Is(err, ErrChanged) || ctx.Err() != nil {
			break
		}
	}
	return v, err
}
