package configs

import (
	"strings"
	"testing"
)

func TestMetricsAddress(t *testing.T) {
	for block, want := range map[string]string{
		`{}`:            "",
		`{address: ""}`: "",
		`{address: "127.0.0.1:9110", pprof: true}`:  "",
		`{address: "localhost:9110"}`:               "",
		`{address: "[::1]:9110"}`:                   "",
		`{address: "10.1.2.3:9110"}`:                "",
		`{address: "192.168.0.1:9110"}`:             "",
		`{address: "[fd00::1]:9110"}`:               "",
		`{address: "[fe80::1%eth0]:9110"}`:          "",
		`{address: "127.0.0.1:0"}`:                  "",
		`{pprof: true}`:                             "metrics.pprof: is not used without metrics.address",
		`{address: ":9110"}`:                        "metrics.address: :9110 can be read by whoever reaches it",
		`{address: "0.0.0.0:9110"}`:                 "can be read by whoever reaches it",
		`{address: "192.0.2.1:9110"}`:               "can be read by whoever reaches it",
		`{address: "monitor.example.org:9110"}`:     "can be read by whoever reaches it",
		`{address: "172.32.0.1:9110", pprof: true}`: "slow the service down with profiles",
		`{address: "9110"}`:                         `metrics.address: "9110" is not host:port`,
		`{address: "127.0.0.1:110"}`:                "conflicts with :110 of listener.pop3",
	} {
		_, problems := Load(write(t, "popbridge.yaml", smallest+"metrics: "+block+"\n"))
		switch got := problems.String(); {
		case want == "" && got != "", len(problems) > 1, !strings.Contains(got, want):
			t.Errorf("%s: got %q, want %q", block, got, want)
		}
	}
}
