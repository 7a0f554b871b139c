package configs

import (
	"strings"
	"time"

	"popbridge/translate"
)

// Submission is the server that takes mail for an upstream's accounts (RFC 6409), and
// what becomes of it.
type Submission struct {
	Address      string                 `key:"address" unit:"host:port" sample:"smtp.example.org:465" doc:"The server that accepts mail for the accounts of this upstream. If empty, nothing can be sent through this upstream. With a provider it is already set, if a listener speaks smtp."`
	TLS          TLS                    `key:"tls" default:"implicit" words:"none starttls implicit" doc:"How the connection is protected. With starttls, a server that does not offer STARTTLS never gets a password; with none, passwords are sent in the clear."`
	Sender       translate.SenderPolicy `key:"sender" default:"own" words:"own rewrite any" doc:"What to do when MAIL FROM or From: is not one of the account's addresses: own refuses it; rewrite replaces it with the account's address and keeps the old one as Reply-To; any leaves it to the server."`
	Aliases      []string               `key:"aliases" unit:"addresses" sample:"info@{domain}" doc:"More addresses that belong to the account: text with {user}, {local} and {domain}."`
	Sent         SentPolicy             `key:"sent" default:"auto" words:"auto always never" doc:"Whether a sent message is filed in the account's mailbox for sent mail: auto files it unless the server has already done so; always files it in any case, and refuses messages when limits.spool_size is used up; never leaves it to the device."`
	SentMailbox  string                 `key:"sent_mailbox" sample:"Sent Items" doc:"Where sent mail is filed, instead of the mailbox with the special use \\Sent. It is created if it does not exist."`
	SentRetry    time.Duration          `key:"sent_retry" default:"1h" min:"0s" unit:"duration" doc:"How long filing a sent message is retried, even after a restart."`
	BareNewlines translate.BareNewlines `key:"bare_newlines" default:"refuse" words:"refuse mend" doc:"What to do with a message that contains a CR or LF on its own, which could be used to smuggle in another message: refuse it, or mend it by turning each into a line end."`
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
