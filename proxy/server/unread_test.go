package server

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/translate"
)

// TestAnswersThatNobodyReads: a device that sends commands and reads none of the
// answers loses its session, and nothing of what it sent behind them is done: not the
// QUIT either. The log has one line for it.
func TestAnswersThatNobodyReads(t *testing.T) {
	for command, result := range map[string]string{"UIDL": "idle timeout", "LIST": "idle timeout", "RETR 1": "broken off", "TOP 1 9": "broken off"} {
		t.Run(command, func(t *testing.T) {
			messages := make([]string, 20_000)
			messages[0] = strings.Repeat("a line of a message\r\n", 20_000)
			s := newStore(messages...)
			cfg := configuration()
			onDelete(translate.DeleteTrash)(cfg)
			cfg.Limits.IdleTimeout = 100 * time.Millisecond
			var log buffer
			addr, stop := serve(t, hclog.New(&hclog.LoggerOptions{Output: &log}), s.backend(), cfg)
			d := connect(t, addr)
			defer d.close()
			// What is sent fits into one read, so that the session never waits for a
			// command, however slow this machine is; the answers fit into no machine's
			// buffers.
			d.send("USER alice@example.org\r\nPASS secret\r\nDELE 2\r\n" + strings.Repeat(command+"\r\n", 440/len(command+"\r\n")) + "QUIT\r\n")
			for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
				if _, closed, _ := s.state(); closed["page"] == 1 {
					break
				}
				if time.Now().After(end) {
					t.Fatal("the session does not end")
				}
			}
			stop()
			if ops, _, calls := s.state(); slices.Contains(calls, "Intend") || slices.ContainsFunc(ops, func(op translate.Op) bool { return op.Kind != translate.OpStore }) {
				t.Errorf("the session has done %+v: %v", ops, calls)
			}
			if n := strings.Count(log.String(), "[WARN]"); n > 1 {
				t.Errorf("%d lines:\n%.2000s", n, log.String())
			}
			if !strings.Contains(log.String(), "result=\""+result+"\"") {
				t.Errorf("the log says\n%.2000s", log.String())
			}
		})
	}
}
