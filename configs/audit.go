package configs

// Audit says where it is written down who did what.
type Audit struct {
	Path string    `key:"path" unit:"file" sample:"/var/log/popbridge/audit.jsonl" doc:"The file that lines are appended to. If popbridge creates it, only its own user may read and write it. SIGHUP opens it again, so it can be rotated. Empty writes no trail."`
	Fail AuditFail `key:"fail" default:"open" words:"open closed" doc:"What happens when a line cannot be written: open goes on, logs the failure and leaves a line about the gap; closed refuses with [SYS/TEMP] whatever cannot be recorded, and records a deletion before it is done as well as after."`
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
