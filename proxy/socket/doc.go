// Package socket reads and writes TCP connections with system calls that never wait, and
// waits for many silent ones with a single goroutine.
//
// Go tells its scheduler before each system call that the thread may be away for long: a
// watcher wakes up to take over what the thread had to run, another thread is woken for it,
// and the first one has to ask for its place again when it is back. A socket that is not to
// wait is never away for long. So on Linux it is asked without all that; where it has nothing
// to give or to take, the connection waits as any other does.
package socket
