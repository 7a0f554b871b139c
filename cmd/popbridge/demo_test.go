package main

import (
	"strings"
	"testing"
)

// What the demo asks to be typed needs curl alone, which nearly every machine has, and
// fits a terminal of 80 columns.
func TestTheDemoNeedsCurlAlone(t *testing.T) {
	var out strings.Builder
	printDemo(&out, demoPlaces{"127.0.0.1:1110", demoTLSListen, demoSMTPListen, "127.0.0.1:1143", "/tmp/popbridge-demo-1234567890/certificate.pem"})
	for line := range strings.Lines(out.String()) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
	_, commands, _ := strings.Cut(out.String(), "Try this")
	typed := 0
	for line := range strings.Lines(strings.ReplaceAll(commands, "\\\n  ", "")) {
		line, indented := strings.CutPrefix(line, "  ")
		if !indented || strings.HasPrefix(line, "#") {
			continue
		}
		typed++
		if !strings.HasPrefix(line, "curl -u alice@example.org:wonderland ") || strings.Contains(line, "%!") {
			t.Errorf("to be typed: %q", line)
		}
	}
	if typed != 6 {
		t.Errorf("%d commands in\n%s", typed, out.String())
	}
}
