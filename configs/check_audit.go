package configs

import (
	"os"
	"path/filepath"
)

// checkAudit looks whether the trail's folder is there: nobody makes it later.
func (r *reading) checkAudit(a Audit) {
	const at = "audit.path"
	if r.wrong[at] {
		return
	}
	if a.Path == "" {
		if a.Fail == AuditClosed && !r.wrong["audit.fail"] {
			r.errorf("audit.fail", "closed needs audit.path, because it refuses everything that cannot be recorded; name a file, such as \"/var/log/popbridge/audit.jsonl\"")
		}
		return
	}
	info, err := os.Stat(a.Path)
	switch {
	case err == nil && info.IsDir():
		r.errorf(at, "%s is a folder; name a file in it, such as %q", a.Path, filepath.Join(a.Path, "audit.jsonl"))
		return
	case err == nil:
		r.keptPrivate(at, a.Path)
		return
	}
	if _, err := os.Stat(filepath.Dir(a.Path)); err != nil {
		r.warnf(at, "%s cannot be created: %s; create its folder, and let popbridge's user write there", a.Path, reason(err))
	}
}
