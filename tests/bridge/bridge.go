package bridge

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience turns a hang into a failure; nothing is measured by it.
const patience = 60 * time.Second

// Bridge is one running popbridge process.
type Bridge struct {
	// Config is the path of the configuration file.
	Config string

	t       testing.TB
	cmd     *exec.Cmd
	out     *output
	done    chan struct{}
	code    int
	secrets []string
}

// Start writes a configuration in YAML, runs "popbridge serve" with it, and
// waits until it is ready. Listeners should be on "127.0.0.1:0" or "[::1]:0":
// Address tells where they are. The secrets must not appear in any output.
func Start(t testing.TB, config string, secrets ...string) *Bridge {
	t.Helper()
	path := filepath.Join(t.TempDir(), "popbridge.yaml")
	write(t, path, config)
	b := Run(t, []string{"serve", "--config", path}, secrets...)
	b.Config = path
	b.Await("popbridge is ready")
	return b
}

// Run runs popbridge with any arguments and does not wait.
func Run(t testing.TB, args []string, secrets ...string) *Bridge {
	t.Helper()
	cmd := exec.Command(Binary(t), args...)
	// The race detector would hold each process for a second when it ends.
	cmd.Env = append(os.Environ(), "GORACE=halt_on_error=0 exitcode=66 atexit_sleep_ms=0", "STATE_DIRECTORY="+t.TempDir())
	return RunCommand(t, cmd, secrets...)
}

// RunCommand is Run for a command that ends in running popbridge, such as one in another
// root.
func RunCommand(t testing.TB, cmd *exec.Cmd, secrets ...string) *Bridge {
	t.Helper()
	b := &Bridge{t: t, cmd: cmd, out: newOutput(), done: make(chan struct{}), secrets: secrets}
	b.cmd.Stdout, b.cmd.Stderr = b.out, b.out
	if err := b.cmd.Start(); err != nil {
		t.Fatalf("starting popbridge: %v", err)
	}
	go func() {
		defer close(b.done)
		err := b.cmd.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			b.code = exit.ExitCode()
		}
		b.out.end()
	}()
	t.Cleanup(b.stop)
	return b
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// stop ends the process and looks through what it has said.
func (b *Bridge) stop() {
	select {
	case <-b.done:
	default:
		b.Signal(syscall.SIGTERM)
		select {
		case <-b.done:
		case <-time.After(patience):
			b.t.Error("popbridge did not end after SIGTERM")
			b.Signal(syscall.SIGQUIT)
			<-b.done
		}
	}
	log := b.Output()
	for _, bad := range append([]string{"DATA RACE", "panic:", "fatal error:"}, b.secrets...) {
		if strings.Contains(log, bad) {
			b.t.Errorf("the output of popbridge contains %q", bad)
		}
	}
	if b.t.Failed() {
		b.t.Logf("output of popbridge:\n%s", log)
	}
}

// Signal sends a signal to the process.
func (b *Bridge) Signal(s os.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		b.t.Errorf("signal %v: %v", s, err)
	}
}

// Kill ends the process as kill -9 does.
func (b *Bridge) Kill() {
	b.Signal(syscall.SIGKILL)
	<-b.done
}

// Wait waits for the process to end by itself and gives its exit code.
func (b *Bridge) Wait() int {
	b.t.Helper()
	return b.WaitFor(patience)
}

// WaitFor is Wait for a process that has much to do: it fails when that takes longer.
func (b *Bridge) WaitFor(long time.Duration) int {
	b.t.Helper()
	select {
	case <-b.done:
	case <-time.After(long):
		b.t.Fatalf("popbridge did not end; its output:\n%s", b.Output())
	}
	return b.code
}

// PID is the process's.
func (b *Bridge) PID() int { return b.cmd.Process.Pid }

// Output is all that the process has written so far.
func (b *Bridge) Output() string { return b.out.String() }

// Await waits until the output contains text.
func (b *Bridge) Await(text string) {
	b.t.Helper()
	if !b.out.await(func(s string) bool { return strings.Contains(s, text) }) {
		b.t.Fatalf("popbridge did not say %q; its output:\n%s", text, b.Output())
	}
}

// AwaitLine waits until one line of the output contains all the texts.
func (b *Bridge) AwaitLine(texts ...string) {
	b.t.Helper()
	has := func(s string) bool {
		for line := range strings.Lines(s) {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
				return true
			}
		}
		return false
	}
	if !b.out.await(has) {
		b.t.Errorf("no line of the output has all of %q; it is:\n%s", texts, b.Output())
	}
}

// Descriptors is how many the process has open.
func (b *Bridge) Descriptors() int {
	b.t.Helper()
	fds, err := os.ReadDir("/proc/" + strconv.Itoa(b.PID()) + "/fd")
	if err != nil {
		b.t.Fatalf("popbridge is not there any more: %v", err)
	}
	return len(fds)
}

// AwaitTimes waits until the output contains text so many times.
func (b *Bridge) AwaitTimes(text string, times int) {
	b.t.Helper()
	if !b.out.await(func(s string) bool { return strings.Count(s, text) >= times }) {
		b.t.Fatalf("popbridge did not say %q %d times; its output:\n%s", text, times, b.Output())
	}
}

var listening = regexp.MustCompile(`listening: listener=(\S+) address=(\S+)`)

// Address is where a listener is now; the last line about it counts.
func (b *Bridge) Address(listener string) string {
	b.t.Helper()
	found := listening.FindAllStringSubmatch(b.Output(), -1)
	for _, m := range slices.Backward(found) {
		if m[1] == listener {
			return m[2]
		}
	}
	b.t.Fatalf("no listener %q in the output:\n%s", listener, b.Output())
	return ""
}

// Reload replaces the configuration, sends SIGHUP and waits for the outcome,
// which is true where the new configuration is in force.
func (b *Bridge) Reload(config string) bool {
	b.t.Helper()
	outcome := regexp.MustCompile(`the configuration was (not )?reloaded`)
	before := len(outcome.FindAllString(b.Output(), -1))
	write(b.t, b.Config, config)
	b.Signal(syscall.SIGHUP)
	if !b.out.await(func(s string) bool { return len(outcome.FindAllString(s, -1)) > before }) {
		b.t.Fatalf("no word of the reload; the output:\n%s", b.Output())
	}
	all := outcome.FindAllStringSubmatch(b.Output(), -1)
	return all[len(all)-1][1] == ""
}

// output collects what a process writes and lets tests wait for it.
type output struct {
	mu    sync.Mutex
	more  *sync.Cond
	buf   bytes.Buffer
	ended bool
}

func newOutput() *output {
	o := &output{}
	o.more = sync.NewCond(&o.mu)
	return o
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.more.Broadcast()
	return o.buf.Write(p)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.more.Broadcast()
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// await waits until the condition holds; false: the process ended, or patience.
func (o *output) await(condition func(string) bool) bool {
	late := false
	timer := time.AfterFunc(patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		late = true
		o.more.Broadcast()
	})
	defer timer.Stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if condition(o.buf.String()) {
			return true
		}
		if o.ended || late {
			return false
		}
		o.more.Wait()
	}
}

var demoIMAP = regexp.MustCompile(`IMAP \(embedded server\):\s+(\S+)`)

// DemoIMAP is where the embedded IMAP server of a running demo listens.
func DemoIMAP(b *Bridge) string {
	b.t.Helper()
	m := demoIMAP.FindStringSubmatch(b.Output())
	if m == nil {
		b.t.Fatalf("the demo does not say where its IMAP server is:\n%s", b.Output())
	}
	return m[1]
}
