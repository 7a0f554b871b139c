package backend

import (
	"time"

	"popbridge/translate"
)

// Meter is told what a Server does, for operators to count. It is called by
// many goroutines and on the way of every session, so it never blocks. Nothing
// in it names an account or a device.
type Meter interface {
	// Refused is a connection that a limit kept out; cause is the log's.
	Refused(listener, cause string)
	// Session begins the count of a session, which is in AUTHORIZATION.
	Session(listener string) SessionMeter
}

// SessionMeter is told what one session does, by one goroutine.
type SessionMeter interface {
	// Login is an attempt that is over: code is the response code of its
	// refusal, and upstream is empty where no route matched. One that succeeded
	// enters TRANSACTION.
	Login(upstream string, ok bool, code string, took time.Duration)
	// Command is one that was answered, or broken off. Verb is what the device
	// sent; package session has those that there are. The time is that between the
	// command's arrival and its answer: with RETR, TOP and AUTH the device's own
	// is part of it.
	Command(verb string, ok bool, took time.Duration)
	// Octets of a message were sent by RETR or TOP, before dot-stuffing.
	Octets(int64)
	// Retrieved is a RETR whose terminator was sent; asListed is false where the
	// message had other octets than LIST said, which its upstream had announced.
	Retrieved(upstream string, asListed bool)
	// Update is the entry into UPDATE.
	Update()
	// Deleted is a QUIT whose deletions the upstream has confirmed.
	Deleted(action translate.OnDelete, messages int)
	// Sent is a message that a device has sent: code is the reply to it, and octets how
	// many of it came.
	Sent(upstream string, code int, octets int64)
	// End is the session's; result is one of its package's Results.
	End(result string)
}

// Correlated is a SessionMeter that wants to know what the log calls its session.
type Correlated interface{ Called(session string) }

// NoMeter is a Meter where nobody counts.
type NoMeter struct{}

func (NoMeter) Refused(string, string)                    {}
func (n NoMeter) Session(string) SessionMeter             { return n }
func (NoMeter) Login(string, bool, string, time.Duration) {}
func (NoMeter) Command(string, bool, time.Duration)       {}
func (NoMeter) Octets(int64)                              {}
func (NoMeter) Retrieved(string, bool)                    {}
func (NoMeter) Update()                                   {}
func (NoMeter) Deleted(translate.OnDelete, int)           {}
func (NoMeter) Sent(string, int, int64)                   {}
func (NoMeter) End(string)                                {}
