package clients

import (
	"bufio"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// lmtp takes messages as RFC 2033 says. getmail is given it as a destination:
// its Maildir starts a process for each message, and sometimes waits a minute
// for one that has ended already.
type lmtp struct {
	net.Listener
	mu       sync.Mutex
	messages [][]byte
}

func startLMTP(t testing.TB) *lmtp {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &lmtp{Listener: l}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { server.serve(nc) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return server
}

// serve ends with the client's connection; a message counts when it is whole.
func (l *lmtp) serve(nc net.Conn) {
	defer nc.Close()
	r := textproto.NewReader(bufio.NewReader(nc))
	reply := "220 tests LMTP"
	for {
		if _, err := io.WriteString(nc, reply+"\r\n"); err != nil {
			return
		}
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		reply = "250 ok"
		switch strings.ToUpper(line[:min(4, len(line))]) {
		case "DATA":
			if _, err := io.WriteString(nc, "354 go on\r\n"); err != nil {
				return
			}
			message, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.messages = append(l.messages, message)
			l.mu.Unlock()
		case "QUIT":
			reply = "221 bye"
		}
	}
}

// taken are the messages so far, with CRLF line ends.
func (l *lmtp) taken() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	messages := make([][]byte, len(l.messages))
	for i, m := range l.messages {
		messages[i] = CRLF(m)
	}
	return messages
}
