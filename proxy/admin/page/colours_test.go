package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestColours: each text can be read on each ground that it stands on, in light and in
// dark: the contrast is 4.5 or more, and that of edges 3 or more (WCAG 2.2, 1.4.3 and
// 1.4.11).
func TestColours(t *testing.T) {
	sheet, err := assets.ReadFile("assets/page.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(sheet), "@media (prefers-color-scheme: dark)")
	dark, _, _ = strings.Cut(dark, "\n}\n")
	if !found {
		t.Fatal("there is no dark")
	}
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colours := make(map[string]float64)
		for _, one := range regexp.MustCompile(`--([\w-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(text, -1) {
			colours[one[1]] = luminance(t, one[2])
		}
		for ground, texts := range map[string][]string{
			"ground": {"ink", "faint", "accent"}, "paper": {"ink", "faint", "accent", "good", "bad", "warn"}, "accent": {"on-accent"},
			"accent-soft": {"accent"}, "good-soft": {"good"}, "bad-soft": {"bad"}, "warn-soft": {"warn"}, "bad": {"paper"},
		} {
			for _, name := range texts {
				if c := contrast(colours[ground], colours[name]); c < 4.5 || colours[ground] == colours[name] {
					t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, name, ground, c)
				}
			}
		}
		if c := contrast(colours["edge"], colours["paper"]); c < 3 {
			t.Errorf("%s: the edge of a field has a contrast of %.2f", scheme, c)
		}
	}
}

// luminance is how bright a colour is, from 0 to 1.
func luminance(t *testing.T, hex string) (sum float64) {
	t.Helper()
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		part := float64(n) / 255
		if part <= .04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+.055)/1.055, 2.4)
		}
		sum += weight * part
	}
	return sum
}

func contrast(a, b float64) float64 { return (max(a, b) + .05) / (min(a, b) + .05) }
