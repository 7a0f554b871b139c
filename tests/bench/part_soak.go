package main

import (
	"fmt"
	"sync"
	"time"
)

// devices poll once a minute, one after another: 167 polls a second.
const (
	devices = 10_000
	beat    = time.Minute / devices
)

// soak measures 10,000 devices: all logged in and silent, then each polling once
// a minute. It has popbridge alone, whose bounds are absolute; Dovecot over imapc
// would need 10,000 processes here and 10,000 upstream.
func soak(s *site) []row {
	c := s.popbridge("popbridge soak", s.upstream.IMAP, "sqlite")
	boxes := make([]*box, 100)
	for i := range boxes {
		boxes[i] = s.box(fmt.Sprintf("soak%d", i), 10, 2000)
	}
	r := &results{samples: make(map[string][]sample)}
	account := func(n int) (string, *box) { return fmt.Sprintf("soak%d", n), boxes[n%len(boxes)] }
	var connections int
	memory := s.hold(c.plain, devices, r, account, func() float64 {
		var err error
		connections, err = connectionsTo(c.upstreamTo, c.pids())
		s.must(err)
		return float64(pssOf(c.pids())) / 1000
	})
	r.samples["popbridge"] = []sample{{float64(connections), memory}}
	rows := []row{
		bounded(r.row(0, "10,000 idle devices: upstream connections", "connections", true, "", 0, "those in use"), 500),
		r.row(1, "10,000 idle devices: memory of the proxy", "MB", true, "", 0, "250"),
	}
	return append(rows, s.minutes(c, account)...)
}

func bounded(r row, bound float64) row {
	r.bound = bound
	return r
}

// minutes lets the devices poll for s.soak. Each poll is measured from when it
// was due: one that waits for its turn is late, whatever kept it.
func (s *site) minutes(c *contender, account func(int) (string, *box)) []row {
	r := &results{samples: make(map[string][]sample)}
	var mu sync.Mutex
	var late []float64
	var wg sync.WaitGroup
	cpu, memory, descriptors := cpuOf(c.pids()), pssOf(c.pids()), descriptorsOf(c.pids())
	began := time.Now()
	for turn := 0; time.Since(began) < s.soak; turn++ {
		due := began.Add(time.Duration(turn) * beat)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			user, b := account(turn % devices)
			err := c.plain.poll(user, b)
			took := time.Since(due).Seconds() * 1000
			mu.Lock()
			defer mu.Unlock()
			late = append(late, took)
			r.take(failed(err))
		})
	}
	wg.Wait()
	cores := (cpuOf(c.pids()) - cpu).Seconds() / time.Since(began).Seconds()
	r.samples["popbridge"] = []sample{{quantile(late, 0.99), cores, quantile(late, 0.5), quantile(late, 1)}}
	fmt.Printf("%d polls in %v: half of them within %.1f ms, the slowest %.0f ms; memory %d -> %d kB, descriptors %d -> %d\n",
		len(late), time.Since(began).Round(time.Second), quantile(late, 0.5), quantile(late, 1), memory, pssOf(c.pids()), descriptors, descriptorsOf(c.pids()))
	work := fmt.Sprintf("10,000 devices, 167 polls/s for %v: ", s.soak)
	return []row{
		bounded(r.row(0, work+"99 of 100 within", "ms", true, "", 0, ""), 1000),
		r.row(2, work+"half of them within", "ms", true, "", 0, ""),
		r.row(1, work+"CPU of the proxy", "cores", true, "", 0, "0.5"),
	}
}
