package main

import (
	"strings"
	"testing"
)

// What the demo asks to be typed needs curl alone, which nearly every machine has.
func TestTheDemoNeedsCurlAlone(t *testing.T) {
	var out strings.Builder
	printDemo(&out, "127.0.0.1:1110", "127.0.0.1:1143")
	_, commands, _ := strings.Cut(out.String(), "Try this")
	typed := 0
	for line := range strings.Lines(commands) {
		line, indented := strings.CutPrefix(line, "  ")
		if !indented || strings.HasPrefix(line, "#") {
			continue
		}
		typed++
		if !strings.HasPrefix(line, "curl --user alice@example.org:wonderland ") || strings.Contains(line, "%!") {
			t.Errorf("to be typed: %q", line)
		}
	}
	if typed != 4 {
		t.Errorf("%d commands in\n%s", typed, out.String())
	}
}
