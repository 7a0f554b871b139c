package session

import (
	"strings"

	"popbridge/proxy/pop3"
	"popbridge/proxy/sasl"
)

// redact leaves passwords and tokens out of a line of the wire. secret says that the
// line is an answer within AUTH.
func redact(dir string, line []byte, secret bool) string {
	if dir != "C" {
		return string(line)
	}
	if secret {
		return "<redacted>"
	}
	cmd, err := pop3.ParseCommand(line)
	switch fields := cmd.Fields(); {
	case err != nil:
		return "<redacted: control octets>"
	case cmd.Verb == "PASS":
		return "PASS <redacted>"
	case commands[cmd.Verb].run == nil:
		// A mistyped PASS, or the second half of a broken dialogue.
		return "<redacted: unknown command>"
	case cmd.Verb == "USER", len(fields) == 0:
		return string(line)
	case cmd.Verb == "AUTH" && sasl.Known(fields[0]) && len(fields) == 1:
		return string(line)
	case cmd.Verb == "AUTH" && sasl.Known(fields[0]):
		return "AUTH " + fields[0] + " <redacted>"
	case strings.Trim(cmd.Args, "0123456789 \t") != "":
		// Where a number is due, anything else may be a password out of place.
		return cmd.Verb + " <redacted>"
	}
	return string(line)
}
