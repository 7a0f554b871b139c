package database

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

var errTold = errors.New(`failed to connect to "postgres://u:dr%40gon@h/d": password dr@gon is wrong`)

func TestSecretsAreRedacted(t *testing.T) {
	err := redacted(fmt.Errorf("opening: %w", errTold), secretsOf("postgres://u:dr%40gon@h/d", "dr@gon"))
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "dr@gon") || strings.Contains(e.Error(), "dr%40gon") {
			t.Errorf("the error holds the password: %v", e)
		}
	}
	if !strings.Contains(err.Error(), "failed to connect") {
		t.Errorf("nothing is left of the error: %v", err)
	}
}
