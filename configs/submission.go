package configs

import (
	"strings"
	"time"

	"popbridge/translate"
)

// Submission is the server that takes mail for an upstream's accounts (RFC 6409), and
// what becomes of it.
type Submission struct {
	Address      string                 `key:"address" unit:"host:port" sample:"smtp.example.org:465" doc:"The server that takes mail for the accounts of this upstream. Empty: nothing can be sent through this upstream. A provider has its own where a listener speaks smtp."`
	TLS          TLS                    `key:"tls" default:"implicit" words:"none starttls implicit" doc:"How the connection is protected. With starttls a server that does not offer it is never sent a password; none sends passwords in the clear."`
	Sender       translate.SenderPolicy `key:"sender" default:"own" words:"own rewrite any" doc:"What is done with a MAIL FROM or a From: that is not the account's: own refuses it, rewrite puts the account's address in its place and keeps the old one as Reply-To, any leaves it to the server."`
	Aliases      []string               `key:"aliases" unit:"addresses" sample:"info@{domain}" doc:"Further addresses that are the account's own: text with {user}, {local} and {domain}."`
	Sent         SentPolicy             `key:"sent" default:"auto" words:"auto always never" doc:"Whether a message that the server has taken is put into the account's mailbox of sent mail: auto does unless the server has put it there itself, always does whether or not it is there, and refuses what there is no room for in limits.spool_size; never leaves it to the device."`
	SentMailbox  string                 `key:"sent_mailbox" sample:"Sent Items" doc:"Where it is put, instead of the mailbox with the special use \\Sent. It is made where it is missing."`
	SentRetry    time.Duration          `key:"sent_retry" default:"1h" min:"0s" unit:"duration" doc:"How long it is tried to put a sent message there, after a restart too."`
	BareNewlines translate.BareNewlines `key:"bare_newlines" default:"refuse" words:"refuse mend" doc:"What is done with a message that has a CR or LF alone, by which others could be smuggled in behind it: refuse it, or mend it, which makes a line end of each."`
}

// ForSubmission is the upstream as its mail is sent: the same accounts, by another
// server.
func (u Upstream) ForSubmission() Upstream {
	u.Address, u.TLS, u.Protocol = u.Submission.Address, u.Submission.TLS, ProtocolSMTP
	return u
}

// Files reports whether mail that is sent by an upstream may have to be put into a
// mailbox there: an old POP3 server has none.
func (u Upstream) Files() bool { return u.Submission.Sent != SentNever && u.Protocol == ProtocolIMAP }

// FilesItself reports whether the provider puts what it has sent into the mailbox by
// itself, some moments later.
func (u Upstream) FilesItself() bool {
	switch u.Provider {
	case ProviderMicrosoft365, ProviderGoogleWorkspace, ProviderGmail, ProviderICloud, ProviderZoho:
		return true
	}
	host, _, _ := strings.Cut(strings.ToLower(u.Submission.Address), ":")
	for _, domain := range []string{"gmail.com", "office365.com", "outlook.com", "mail.me.com", "zoho.com", "zoho.eu"} {
		if host == "smtp."+domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// SentPolicy is whether sent mail is put into a mailbox.
type SentPolicy uint8

// The policies for sent mail.
const (
	// SentAuto does unless the server has done it.
	SentAuto SentPolicy = iota
	// SentAlways does.
	SentAlways
	// SentNever does not.
	SentNever
)

var sentWords = [...]string{"auto", "always", "never"}

// String gives the operator's word.
func (s SentPolicy) String() string { return sentWords[s] }

// UnmarshalText takes one of auto, always, never.
func (s *SentPolicy) UnmarshalText(text []byte) error { return parseWord(s, text, sentWords[:]) }

// Sends reports whether devices can send mail at all: a listener speaks smtp.
func (c *Config) Sends() bool {
	for _, l := range c.Listener {
		if l.Protocol == DeviceSMTP {
			return true
		}
	}
	return false
}
