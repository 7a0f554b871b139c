package configs

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"popbridge/translate"
)

func TestVariablesGoBeforeTheFile(t *testing.T) {
	t.Setenv("POPBRIDGE_LOG_LEVEL", "trace")
	t.Setenv("POPBRIDGE_LIMITS_IDLE_TIMEOUT", "11m")
	t.Setenv("POPBRIDGE_LIMITS_CONNECTIONS", "7")
	t.Setenv("POPBRIDGE_LIMITS_CONNECTIONS_PER_IP_EXEMPT", "192.0.2.0/24, 2001:db8::1")
	t.Setenv("POPBRIDGE_LOGIN_LOWERCASE", "false")
	t.Setenv("POPBRIDGE_UPSTREAM_MAIL_ADDRESS", "mail.example.org:993")
	t.Setenv("POPBRIDGE_MAILDROP_DEFAULT_ON_DELETE", "expunge")
	t.Setenv("POPBRIDGE_MAILDROP_SCAN_2_PREFETCH", "")
	t.Setenv("POPBRIDGE_ROUTE_0_USER", "*@example.org")
	t.Setenv("POPBRIDGE_TEST_ANYTHING", "x")
	c := mustLoad(t, smallest+"maildrop: {scan-2: {}}\nroute: [{user: \"*\"}]\n")
	for what, pair := range map[string][2]any{
		"log.level":                        {c.Log.Level, LogTrace},
		"limits.idle_timeout":              {c.Limits.IdleTimeout, 11 * time.Minute},
		"limits.connections":               {c.Limits.Connections, 7},
		"limits.connections_per_ip_exempt": {c.Limits.ConnectionsPerIPExempt, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")}},
		"login.lowercase":                  {c.Login.Lowercase, false},
		"upstream.mail.address":            {c.Upstream["mail"].Address, "mail.example.org:993"},
		"maildrop.default.on_delete":       {c.Maildrop["default"].OnDelete.String(), "expunge"},
		"maildrop.scan-2.prefetch":         {c.Maildrop["scan-2"].Prefetch, translate.Size(1 << 20)},
		"route[0].user":                    {c.Route[0].User.String(), "*@example.org"},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestAVariableMendsWhatTheFileLacks(t *testing.T) {
	t.Setenv("POPBRIDGE_UPSTREAM_MAIL_ADDRESS", "mail.example.org:993")
	c := mustLoad(t, strings.Replace(smallest, `address: "imap.example.org:993"`, "", 1))
	if got := c.Upstream["mail"].Address; got != "mail.example.org:993" {
		t.Errorf("the address is %q", got)
	}
}

func TestProblemsOfVariablesNameTheVariable(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"POPBRIDGE_LOG_LEVEL":             {"loud", `environment: POPBRIDGE_LOG_LEVEL: "loud" is not known; one of trace, debug, info, warn, error`},
		"POPBRIDGE_LIMITS_DRAIN":          {"30", `environment: POPBRIDGE_LIMITS_DRAIN: "30" has no unit; write "30s"`},
		"POPBRIDGE_LIMITS_BAD_COMMANDS":   {"many", `environment: POPBRIDGE_LIMITS_BAD_COMMANDS: "many" is not a whole number`},
		"POPBRIDGE_LIMITS_CONNECTIONS":    {"-5", `environment: POPBRIDGE_LIMITS_CONNECTIONS: -5 is too low; it has to be at least 1`},
		"POPBRIDGE_LOGIN_LOWERCASE":       {"yes", `environment: POPBRIDGE_LOGIN_LOWERCASE: "yes" is neither true nor false`},
		"POPBRIDGE_LISTENER_POP3_ADDRESS": {"110", `environment: POPBRIDGE_LISTENER_POP3_ADDRESS: "110" is not host:port; write for example ":110"`},
		"POPBRIDGE_LIMITS_CONNECTIONS_PER_IP_EXEMPT": {"10.0.0.0/8,all",
			`environment: POPBRIDGE_LIMITS_CONNECTIONS_PER_IP_EXEMPT: "all" is not a network; write an address and the length of its prefix, such as "10.0.0.0/8" or "fd00::/8"`},
		"POPBRIDGE_LOG_LEVLE":             {"info", "environment: POPBRIDGE_LOG_LEVLE: sets no key of this configuration; did you mean POPBRIDGE_LOG_LEVEL?"},
		"POPBRIDGE_LIMITS_IDLE_TIMEOUT":   {"1m", "environment: POPBRIDGE_LIMITS_IDLE_TIMEOUT: RFC 1939 asks for at least 10m; a device that is slow between two commands is cut off after 1m0s"},
		"POPBRIDGE_STATE_SOURCE_FILE":     {"/nonexistent/source", "environment: POPBRIDGE_STATE_SOURCE_FILE: /nonexistent/source cannot be read: no such file or directory"},
		"POPBRIDGE_UPSTREAM_MAIL_CA_FILE": {"/nonexistent/ca", "environment: POPBRIDGE_UPSTREAM_MAIL_CA_FILE: /nonexistent/ca cannot be read: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, test.value)
			_, problems := Load(write(t, "popbridge.yaml", smallest))
			if problems.String() != test.want {
				t.Errorf("got  %s\nwant %s", problems, test.want)
			}
			if warning := strings.Contains(test.want, "sets no key") || strings.Contains(test.want, "RFC 1939"); problems[0].Warning != warning {
				t.Errorf("warning is %t", problems[0].Warning)
			}
		})
	}
}

func TestAVariableThatCouldMeanTwoKeysIsRefused(t *testing.T) {
	t.Setenv("POPBRIDGE_MAILDROP_A_B_LOCK", "none")
	_, problems := Load(write(t, "popbridge.yaml", smallest+"maildrop: {a-b: {}, a_b: {}}\n"))
	if want := "environment: POPBRIDGE_MAILDROP_A_B_LOCK: may mean maildrop.a-b.lock or maildrop.a_b.lock; give one of the blocks another name"; problems.String() != want {
		t.Errorf("got %s", problems)
	}
}
