package configs

import (
	"fmt"
	"strings"
)

// TLS says how a connection is protected.
type TLS uint8

// The ways of RFC 2595 and RFC 8314.
const (
	// TLSNone never encrypts.
	TLSNone TLS = iota
	// TLSStartTLS upgrades a connection that began in plaintext: STLS
	// downstream (RFC 2595 §4), STARTTLS upstream.
	TLSStartTLS
	// TLSImplicit begins with the handshake (RFC 8314 §3).
	TLSImplicit
)

// Protocol is what an upstream speaks.
type Protocol uint8

// The protocols of upstreams.
const (
	// ProtocolIMAP is IMAP4rev1 or later.
	ProtocolIMAP Protocol = iota
	// ProtocolPOP3 is an old server that is being migrated away from.
	ProtocolPOP3
	// ProtocolSMTP is a submission server. No upstream has it in a file.
	ProtocolSMTP
)

// DeviceProtocol is what devices speak on a listener.
type DeviceProtocol uint8

// The protocols of listeners.
const (
	// DevicePOP3 retrieves mail.
	DevicePOP3 DeviceProtocol = iota
	// DeviceSMTP sends it.
	DeviceSMTP
)

// Action is what a route does with a login that it matches.
type Action uint8

// The actions of routes.
const (
	// ActionServe logs in upstream.
	ActionServe Action = iota
	// ActionRefuse answers as if the password were wrong.
	ActionRefuse
)

// LogLevel is the least important message that is written.
type LogLevel uint8

// The log levels, the most talkative first.
const (
	LogTrace LogLevel = iota
	LogDebug
	LogInfo
	LogWarn
	LogError
)

// LogFormat is how a message is written.
type LogFormat uint8

// The log formats.
const (
	LogText LogFormat = iota
	LogJSON
)

// Driver is where the ledger lives.
type Driver uint8

// The drivers of the ledger.
const (
	// DriverMemory forgets all when the service ends.
	DriverMemory Driver = iota
	// DriverSQLite is a file on this machine.
	DriverSQLite
	// DriverPostgres is a PostgreSQL server, shared by several machines.
	DriverPostgres
)

// Devices is which devices may log in.
type Devices uint8

// The devices that may log in.
const (
	// DevicesAny lets every device in.
	DevicesAny Devices = iota
	// DevicesKnown lets those in that an operator has named.
	DevicesKnown
)

// LoginWith is which passwords let a login in.
type LoginWith uint8

// The passwords of logins.
const (
	// LoginUpstream passes the password on: the upstream decides.
	LoginUpstream LoginWith = iota
	// LoginDevice takes a device's own password.
	LoginDevice
	// LoginEither takes a device's own password, and passes on any other.
	LoginEither
)

var (
	loginWords     = [...]string{"upstream", "device", "either"}
	devicesWords   = [...]string{"any", "known"}
	tlsWords       = [...]string{"none", "starttls", "implicit"}
	protocolWords  = [...]string{"imap", "pop3", "smtp"}
	deviceWords    = [...]string{"pop3", "smtp"}
	actionWords    = [...]string{"serve", "refuse"}
	logLevelWords  = [...]string{"trace", "debug", "info", "warn", "error"}
	logFormatWords = [...]string{"text", "json"}
	driverWords    = [...]string{"memory", "sqlite", "postgres"}
)

// String gives the operator's word.
func (l LoginWith) String() string { return loginWords[l] }

// String gives the operator's word.
func (d Devices) String() string { return devicesWords[d] }

// String gives the operator's word.
func (t TLS) String() string { return tlsWords[t] }

// String gives the operator's word.
func (p Protocol) String() string { return protocolWords[p] }

// String gives the operator's word.
func (p DeviceProtocol) String() string { return deviceWords[p] }

// String gives the operator's word.
func (a Action) String() string { return actionWords[a] }

// String gives the operator's word, which is also hclog's.
func (l LogLevel) String() string { return logLevelWords[l] }

// String gives the operator's word.
func (f LogFormat) String() string { return logFormatWords[f] }

// String gives the operator's word.
func (d Driver) String() string { return driverWords[d] }

// UnmarshalText takes one of upstream, device, either.
func (l *LoginWith) UnmarshalText(text []byte) error { return parseWord(l, text, loginWords[:]) }

// UnmarshalText takes one of any, known.
func (d *Devices) UnmarshalText(text []byte) error { return parseWord(d, text, devicesWords[:]) }

// UnmarshalText takes one of none, starttls, implicit.
func (t *TLS) UnmarshalText(text []byte) error { return parseWord(t, text, tlsWords[:]) }

// UnmarshalText takes one of imap, pop3.
func (p *Protocol) UnmarshalText(text []byte) error {
	return parseWord(p, text, protocolWords[:ProtocolSMTP])
}

// UnmarshalText takes one of pop3, smtp.
func (p *DeviceProtocol) UnmarshalText(text []byte) error { return parseWord(p, text, deviceWords[:]) }

// UnmarshalText takes one of serve, refuse.
func (a *Action) UnmarshalText(text []byte) error { return parseWord(a, text, actionWords[:]) }

// UnmarshalText takes one of trace, debug, info, warn, error.
func (l *LogLevel) UnmarshalText(text []byte) error { return parseWord(l, text, logLevelWords[:]) }

// UnmarshalText takes one of text, json.
func (f *LogFormat) UnmarshalText(text []byte) error { return parseWord(f, text, logFormatWords[:]) }

// UnmarshalText takes one of sqlite, postgres, memory.
func (d *Driver) UnmarshalText(text []byte) error { return parseWord(d, text, driverWords[:]) }

func parseWord[E ~uint8](dst *E, text []byte, words []string) error {
	for i, word := range words {
		if word == string(text) {
			*dst = E(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not known; one of %s", text, strings.Join(words, ", "))
}
