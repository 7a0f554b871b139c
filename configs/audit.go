package configs

// Audit says where it is written down who did what.
type Audit struct {
	Path string    `key:"path" unit:"file" sample:"/var/log/popbridge/audit.jsonl" doc:"The file that lines are added to, for the service's user alone to read and write where it is made anew. SIGHUP opens it again, so that it can be rotated. Empty: nothing is written down."`
	Fail AuditFail `key:"fail" default:"open" words:"open closed" doc:"What happens where a line cannot be written: open goes on, says so in the log and leaves a line about the gap; closed refuses what cannot be written down, with [SYS/TEMP], and writes a deletion down before it is done as well as behind it."`
}

// AuditFail is what happens where the trail cannot be written.
type AuditFail uint8

// The ways to go on without a trail, or not.
const (
	// AuditOpen serves on.
	AuditOpen AuditFail = iota
	// AuditClosed refuses.
	AuditClosed
)

var auditWords = [...]string{"open", "closed"}

// String gives the operator's word.
func (a AuditFail) String() string { return auditWords[a] }

// UnmarshalText takes one of open, closed.
func (a *AuditFail) UnmarshalText(text []byte) error { return parseWord(a, text, auditWords[:]) }
