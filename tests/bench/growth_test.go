package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var twoCurves = []curve{
	{"mailbox", "popbridge", []point{{10, 0.35}, {100_000, 21.5}}},
	{"mailbox", "Dovecot imapc, STAT alone", []point{{10, 2.1}, {1000, 4}}},
}

// TestCurves: what is kept is read as it was, and one contender can be measured again alone.
func TestCurves(t *testing.T) {
	file := filepath.Join(t.TempDir(), "growth.csv")
	if origin, curves, err := readCurves(file); origin != "" || curves != nil || err != nil {
		t.Errorf("of no file: %q, %v, %v", origin, curves, err)
	}
	var text strings.Builder
	if err := writeCurves(&text, "2026-11-30, two\nCPUs", twoCurves); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	origin, curves, err := readCurves(file)
	if origin != "2026-11-30, two CPUs" || !reflect.DeepEqual(curves, twoCurves) || err != nil {
		t.Errorf("%q, %v, %v, instead of %v", origin, curves, err, twoCurves)
	}
	again := []curve{{"mailbox", twoCurves[0].name, []point{{10, 0.2}}}, {"memory", twoCurves[0].name, []point{{10, 30}}}}
	if got := merge(curves, again); !reflect.DeepEqual(got, []curve{again[0], twoCurves[1], again[1]}) || !reflect.DeepEqual(curves, twoCurves) {
		t.Errorf("merged: %v, and the old ones are %v", got, curves)
	}
	for _, bad := range []string{"", "# only a comment\n", "a,b\n1,2\n", "# x\nchart,curve,x,y\nmailbox,popbridge,ten,1\n", "# x\nchart,curve,x,y\nmailbox,popbridge,1\n", "# x\na,b,c,d\nmailbox,popbridge,1,2\n"} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readCurves(file); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   axis
	}{
		{[]float64{10, 100_000}, axis{1, 5}},
		{[]float64{0.35, 21.5, 300}, axis{-1, 3}},
		{[]float64{1, 1}, axis{0, 1}},
		{[]float64{5}, axis{0, 1}},
		{[]float64{1000}, axis{3, 4}},
		{nil, axis{0, 1}},
	} {
		if got := axisOf(c.values); got != c.want {
			t.Errorf("%v: %v instead of %v", c.values, got, c.want)
		}
	}
	a := axis{1, 5}
	for v, want := range map[float64]float64{10: 0, 1000: 0.5, 100_000: 1} {
		if got := a.at(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v is at %v instead of %v", v, got, want)
		}
	}
	if got := a.lines(); !reflect.DeepEqual(got, []float64{10, 100, 1000, 10_000, 100_000}) {
		t.Errorf("lines: %v", got)
	}
	if got := (axis{0, 1}).lines(); !reflect.DeepEqual(got, []float64{1, 2, 5, 10}) {
		t.Errorf("lines: %v", got)
	}
	for v, want := range map[float64]string{0.1: "0.1", 0.352: "0.352", 10: "10", 999: "999", 1000: "1,000", 99_999.6: "100,000", 1_000_000: "1,000,000"} {
		if got := grouped(v); got != want {
			t.Errorf("%v is written %q instead of %q", v, got, want)
		}
	}
}

// TestSVG: the picture is XML, has what a reader needs, and its points are where they belong.
func TestSVG(t *testing.T) {
	picture := svg("Polls & growth", "2026-11-30 <here>", growthCharts, twoCurves)
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"<title>Polls &amp; growth</title>", "2026-11-30 &lt;here&gt;", "prefers-color-scheme: dark", "A poll with UIDL and LIST, by mailbox size",
		">messages in the mailbox<", ">ms of the proxy&#39;s CPU a poll<", ">100,000<", ">0.1<", ">100<", ">popbridge<",
		`class="line ours"`, `class="line imapc login"`, "popbridge: 21.5 at 100,000",
	} {
		if !strings.Contains(picture, want) {
			t.Errorf("it has no %q", want)
		}
	}
	if strings.Contains(picture, growthCharts[1].title) {
		t.Error("a chart without a curve is drawn")
	}
	// 0.35 is 54 % of the decade from 0.1 up, which is one of three; the smallest mailbox is
	// at the left edge, the largest at the right one.
	dots := regexp.MustCompile(`class="dot [a-z ]+" cx="([0-9.]+)" cy="([0-9.]+)"`).FindAllStringSubmatch(picture, -1)
	if len(dots) != 4 {
		t.Fatalf("%d dots", len(dots))
	}
	for i, want := range []point{
		{plotLeft, plotTop + plotHeight*(1-math.Log10(3.5)/3)}, {plotLeft + plotWidth, plotTop + plotHeight*(1-math.Log10(215)/3)},
		{plotLeft, plotTop + plotHeight*(1-math.Log10(21)/3)}, {plotLeft + plotWidth/2, plotTop + plotHeight*(1-math.Log10(40)/3)},
	} {
		x, _ := strconv.ParseFloat(dots[i][1], 64)
		y, _ := strconv.ParseFloat(dots[i][2], 64)
		if math.Abs(x-want.x) > 0.1 || math.Abs(y-want.y) > 0.1 {
			t.Errorf("dot %d is at %v, %v instead of %v", i, x, y, want)
		}
	}
}

// TestRedraw draws from what is kept, and says what is missing.
func TestRedraw(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "growth.svg")
	if err := redraw(picture); err == nil || !strings.Contains(err.Error(), "has no figures to draw") {
		t.Errorf("without figures: %v", err)
	}
	var text strings.Builder
	if err := writeCurves(&text, "somewhere", twoCurves); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(strings.TrimSuffix(picture, "svg")+"csv", []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := redraw(picture); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(picture); err != nil || string(got) != svg(growthTitle, "somewhere", growthCharts, twoCurves) {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestPictureIsDrawnFromItsFigures: what the documents show is what is kept beside it.
func TestPictureIsDrawnFromItsFigures(t *testing.T) {
	const kept = "../../docs/images/growth.svg"
	origin, curves, err := readCurves(strings.TrimSuffix(kept, "svg") + "csv")
	if err != nil || len(curves) == 0 {
		t.Fatalf("%d curves, %v", len(curves), err)
	}
	got, err := os.ReadFile(kept)
	if err != nil || string(got) != svg(growthTitle, origin, growthCharts, curves) {
		t.Errorf("it is another picture (%v): go run ./tests/bench -redraw", err)
	}
}

// TestSee: a first sight that would take too long is not begun, and one that fails is the last.
func TestSee(t *testing.T) {
	calls := 0
	do := func() error { calls++; return nil }
	g := &grown{contender: &contender{name: "imapc"}}
	if !g.see(10, do) || g.each <= 0 || calls != 1 {
		t.Errorf("the first: %+v, %d calls", g, calls)
	}
	g.each = longestSeeing / 100
	if !g.see(100, do) || calls != 2 {
		t.Errorf("as long as it may: %+v, %d calls", g, calls)
	}
	g.each = longestSeeing / 100
	if g.see(101, do) || calls != 2 || g.see(1, do) || calls != 2 {
		t.Errorf("too long: %+v, %d calls", g, calls)
	}
	g = &grown{contender: &contender{name: "imapc"}}
	if g.see(10, func() error { return errors.New("no") }) || g.see(10, do) {
		t.Errorf("after an error: %+v", g)
	}
}

// TestSpread: each client has accounts of its own, which are among those that there are.
func TestSpread(t *testing.T) {
	for _, n := range growthSizes {
		owner := make(map[int]int)
		for turn := range 4 * together {
			for client := range together {
				one := spread(client, turn, n)
				if had, seen := owner[one]; one < 0 || one >= n || seen && had != client {
					t.Errorf("of %d accounts client %d has %d, which was client %d's", n, client, one, had)
				}
				owner[one] = client
			}
		}
		if want := min(n/together, 2) * together; len(owner) != want {
			t.Errorf("of %d accounts poll %d instead of %d", n, len(owner), want)
		}
	}
}

// TestCPUOfPoll: polls are repeated until there is enough to be counted.
func TestCPUOfPoll(t *testing.T) {
	s := &site{stage: &stage{}}
	self := &contender{pids: func() []int { return []int{os.Getpid()} }}
	var polls atomic.Int64
	before := cpuOf(self.pids())
	each := s.cpuOfPoll(self, 2, func(int, int) error {
		polls.Add(1)
		for began := time.Now(); time.Since(began) < 2*time.Millisecond; { // it uses the CPU
		}
		return nil
	})
	used := cpuOf(self.pids()) - before
	if used < enoughCPU || math.Abs(each*float64(polls.Load())-used.Seconds()*1000) > 100 {
		t.Errorf("%d polls of %v ms, and %v of CPU was used", polls.Load(), each, used)
	}
	if err := attempt(func() { s.cpuOfPoll(self, 1, func(int, int) error { return errors.New("no") }) }); err == nil {
		t.Error("a poll that fails is no error")
	}
}
