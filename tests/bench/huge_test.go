package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestHugeSights: imapc is asked once, and where it takes too long its time is what it has had,
// which is no error; one that fails is one.
func TestHugeSights(t *testing.T) {
	for name, c := range map[string]struct {
		serve  func(net.Conn)
		errors int
	}{
		"silent": {func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }, 0},
		"fails":  {func(nc net.Conn) { _, _ = nc.Write([]byte("+OK\r\n-ERR\r\n")) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			asked := make(chan struct{}, 2)
			go func() {
				for {
					nc, err := l.Accept()
					if err != nil {
						return
					}
					asked <- struct{}{}
					_, _ = nc.Write([]byte("+OK\r\n"))
					c.serve(nc)
					_ = nc.Close()
				}
			}()
			const most = 100 * time.Millisecond
			s := &site{stage: &stage{}}
			r, seen := s.hugeSights(&box{}, []*contender{{name: "imapc", plain: entry{address: l.Addr().String()}}}, most)
			took := r.samples["imapc"]
			if seen || r.errors != c.errors || len(asked) != 1 || len(took) != 2 || took[0][0] != took[1][0] {
				t.Errorf("seen is %v, %d errors (%v), asked %d times, took %v", seen, r.errors, r.first, len(asked), took)
			}
			if c.errors == 0 && took[0][0] < most.Seconds() {
				t.Errorf("took %v of %v", took, most)
			}
		})
	}
}
