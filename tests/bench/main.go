package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// part is a group of rows that can be run alone.
type part struct {
	name string
	run  func(*site) []row
	long bool // it is not among all of them: it takes long, or leaves something behind
}

func parts() []part {
	return []part{
		{"poll", poll, false}, {"first", first, false}, {"huge", huge, false}, {"retr", retrieve, false}, {"far", far, false}, {"idle", idle, false}, {"cost", cost, false}, {"soak", soak, false}, {"ledger", ledger, false},
		{"old", old, false}, {"match", match, false}, {"send", send, false}, {"several", several, false}, {"admin", admin, false}, {"scale", scale, true}, {"growth", growth, true},
	}
}

// options are what may be said on the command line.
type options struct {
	binary   string
	soak     time.Duration
	only     string
	accounts int
	picture  string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "", "a built popbridge to measure; empty: the one in this tree")
	flag.DurationVar(&o.soak, "soak", 20*time.Second, "how long 10,000 devices poll in the part soak")
	flag.StringVar(&o.only, "only", "", "the one contender to measure, to profile it: popbridge, imapc, own or raw")
	flag.IntVar(&o.accounts, "accounts", 1_000_000, "how many accounts the part scale has, beside 1,000; it takes about 5 KB of disk for each")
	flag.StringVar(&o.picture, "picture", "docs/images/growth.svg", "what the part growth draws; its figures are kept beside it, in a file that ends in .csv")
	again := flag.Bool("redraw", false, "draw that picture from the figures that are kept, and measure nothing")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: bench [-binary FILE] [-soak DURATION] [-only CONTENDER] [-accounts N] [-picture FILE] [-redraw] [PART …]\n\nParts: all %s\n", strings.Join(names(), " "))
		flag.PrintDefaults()
	}
	flag.Parse()
	if *again {
		os.Exit(drawAgain(o.picture))
	}
	chosen := flag.Args()
	if len(chosen) == 0 || slices.Contains(chosen, "all") {
		chosen = nil
		for _, p := range parts() {
			if !p.long {
				chosen = append(chosen, p.name)
			}
		}
	}
	for _, name := range chosen {
		if !slices.Contains(names(), name) {
			flag.Usage()
			os.Exit(2)
		}
	}
	os.Exit(run(o, chosen))
}

func names() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// attempt gives what a part has failed by; the other parts go on without it.
func attempt(work func()) (err error) {
	defer func() {
		switch f := recover().(type) {
		case nil:
		case failure:
			err = errors.New(f.text)
		default:
			panic(f)
		}
	}()
	work()
	return nil
}

// run measures the chosen parts and prints the table. Everything that it has
// started is ended when it returns, on Ctrl-C, and when nobody reads the output
// any more.
func run(o options, chosen []string) (code int) {
	s := &stage{}
	defer s.close()
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		<-interrupt
		s.close()
		os.Exit(130)
	}()
	var site *site
	if err := attempt(func() { s.must(moreDescriptors(65536)); site = newSite(s, o) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	var rows []row
	for _, p := range parts() {
		if !slices.Contains(chosen, p.name) {
			continue
		}
		began := time.Now()
		if err := attempt(func() { rows = append(rows, p.run(site)...) }); err != nil {
			fmt.Printf("part %s: %v\n", p.name, err)
			rows = append(rows, row{work: "part " + p.name + ": " + err.Error(), errors: 1})
			code = 1
		}
		fmt.Printf("part %s took %v\n", p.name, time.Since(began).Round(time.Second))
	}
	fmt.Printf("\n%s, %s, %d CPUs (%s), %s, %s\n\n", time.Now().Format(time.DateOnly), system(), runtime.NumCPU(), cpuModel(), runtime.Version(), dovecotVersion())
	table(os.Stdout, rows)
	return code
}
