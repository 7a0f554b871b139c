package configs

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"popbridge/translate"
)

// The defaults that operators were promised, in their own words.
func TestDefaults(t *testing.T) {
	config := mustLoad(t, smallest)
	promised := map[string]string{
		"log.level": "info", "log.format": "text",
		"state.driver": "sqlite", "state.source": "<redacted>", "state.journal_keep": "365d", "state.secrets_key": "<redacted>",
		"login.default_domain": "", "login.lowercase": "true", "login.device_separator": "",
		"listener.address": ":110", "listener.tls": "none", "listener.certificate": "", "listener.key": "",
		"listener.plaintext_auth":     "true", // as the smallest file has it
		"listener.plaintext_networks": "[127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fe80::/10]",
		"listener.last":               "false", "listener.apop": "false", "listener.client_ca_file": "",
		"listener.protocol": "pop3", "listener.pop_before_smtp": "0s",
		"listener.certificates": "[]", "listener.tls_profile": "modern", "upstream.tls_profile": "modern",
		"listener.allow": "[]", "listener.deny": "[]", "listener.proxy_protocol": "[]",
		"upstream.protocol": "imap", "upstream.provider": "other", "upstream.address": "imap.example.org:993", "upstream.tls": "implicit",
		"upstream.ca_file": "", "upstream.timeout": "30s", "upstream.reuse": "5m0s", "upstream.reauth": "15m0s",
		"upstream.parked": "1000", "upstream.max_connections": "0",
		"upstream.auth": "password", "upstream.master_user": "", "upstream.master_password": "<redacted>", "upstream.master_separator": "", "upstream.verify_login": "", "upstream.send_client_ip": "false",
		"upstream.ignore": "[]", "upstream.legacy_charset": "none",
		"upstream.oauth2.tenant": "", "upstream.oauth2.auth_url": "", "upstream.oauth2.client_certificate": "", "upstream.oauth2.client_key": "", "upstream.oauth2.client_assertion_file": "",
		"upstream.oauth2.flow": "client_credentials", "upstream.oauth2.token_url": "", "upstream.oauth2.device_url": "", "upstream.oauth2.client_id": "",
		"upstream.oauth2.client_secret": "<redacted>", "upstream.oauth2.client_secret_expires": "", "upstream.oauth2.scopes": "[]", "upstream.oauth2.key_file": "", "upstream.oauth2.ca_file": "", "upstream.oauth2.mechanism": "xoauth2",
		"upstream.submission.address": "", "upstream.submission.tls": "implicit", "upstream.submission.sender": "own", "upstream.submission.aliases": "[]",
		"upstream.submission.sent": "auto", "upstream.submission.sent_mailbox": "", "upstream.submission.sent_retry": "1h0m0s", "upstream.submission.bare_newlines": "refuse",
		"limits.message_size": "50MB", "limits.spool_size": "1GB",
		"maildrop.mailbox": "INBOX", "maildrop.on_delete": "trash", "maildrop.on_retrieve": "seen",
		"maildrop.trash_full": "expunge", "maildrop.trash_mailbox": "", "maildrop.archive_mailbox": "", "maildrop.unique_id": "dovecot",
		"maildrop.lock": "device", "maildrop.lock_takeover": "1m0s", "maildrop.prefetch": "1MB",
		"maildrop.order": "old", "maildrop.exclude": "[]", "maildrop.max_mailboxes": "100", "maildrop.search": "", "maildrop.max_size": "0", "maildrop.first_login": "all", "maildrop.visible": "all", "maildrop.max_messages": "0", "maildrop.delete_guard": "off", "maildrop.identity_hold": "24h0m0s", "maildrop.struck_out": "hide", "maildrop.unreadable": "error", "login.devices": "any",
		"lookup.driver": "file", "lookup.source": "<redacted>", "lookup.query": "", "lookup.base": "", "lookup.filter": "", "lookup.style": "json",
		"lookup.timeout": "2s", "lookup.cache": "1m0s", "lookup.negative_cache": "10s", "lookup.stale": "1h0m0s",
		"lookup.attributes.upstream": "", "lookup.attributes.host": "", "lookup.attributes.account": "", "lookup.attributes.maildrop": "", "lookup.attributes.login": "", "lookup.attributes.action": "",
		"route.lookup": "", "route.user": "*", "route.device": "*", "route.listener": "", "route.client": "[]", "route.upstream": "mail",
		"route.maildrop": "default", "route.account": "", "route.as_device": "", "route.login": "upstream", "route.expect": "0s", "telemetry.otlp": "", "telemetry.headers": "<redacted>", "telemetry.sample": "100", "notify.webhook": "<redacted>", "notify.secret": "<redacted>", "notify.min_interval": "1h0m0s", "route.action": "serve",
		"limits.connections": "10000", "limits.connections_per_ip": "50", "limits.connections_per_ip_exempt": "[]",
		"limits.failures_per_ip": "20", "limits.failures_per_ip_exempt": "[]", "limits.failures_per_account": "10", "limits.failure_window": "10m0s", "limits.failure_delay": "15s",
		"limits.login_timeout": "1m0s", "limits.idle_timeout": "10m0s", "limits.bad_commands": "20", "limits.drain": "30s", "limits.shutdown_delay": "0s", "limits.prefetch_memory": "256MB",
		"metrics.address": "", "metrics.pprof": "false",
	}
	config.Lookup = lookups(t)
	got := map[string]string{}
	for section, block := range map[string]any{
		"upstream.oauth2": config.Upstream["mail"].OAuth2, "upstream.submission": config.Upstream["mail"].Submission,
		"lookup": config.Lookup["accounts"], "lookup.attributes": config.Lookup["accounts"].Attributes,
		"log": config.Log, "state": config.State, "login": config.Login, "listener": config.Listener["pop3"],
		"upstream": config.Upstream["mail"], "maildrop": config.Maildrop["default"], "route": config.Routes()[0], "limits": config.Limits,
		"telemetry": config.Telemetry, "metrics": config.Metrics, "notify": config.Notify,
	} {
		for _, k := range declaredKeys(reflect.TypeOf(block)) {
			if k.inner != nil {
				continue
			}
			got[section+"."+k.name] = fmt.Sprint(reflect.ValueOf(block).Field(k.field).Interface())
		}
	}
	for name, want := range promised {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %q, promised is %q", name, value, want)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("nothing is promised of %s", name)
	}
}

func TestBlocksKnowTheirNames(t *testing.T) {
	config := mustLoad(t, smallest)
	if got := config.Listener["pop3"].Name + config.Upstream["mail"].Name + config.Maildrop["default"].Name; got != "pop3maildefault" {
		t.Errorf("got %q", got)
	}
}

func TestHideLeavesRetrievedMessagesAlone(t *testing.T) {
	for text, want := range map[string]translate.OnRetrieve{
		"{on_delete: hide}":                    translate.RetrieveNothing,
		"{on_delete: hide, on_retrieve: seen}": translate.RetrieveSeen,
		"{on_delete: flag}":                    translate.RetrieveSeen,
		"{on_retrieve: nothing}":               translate.RetrieveNothing,
	} {
		config, problems := Load(write(t, "popbridge.yaml", smallest+"maildrop: {default: "+text+"}\n"))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		m := config.Maildrop["default"]
		if got := m.Policy(); got.OnRetrieve != want || got.OnDelete != m.OnDelete || got.UniqueID.String() != "dovecot" {
			t.Errorf("%s gives %+v", text, got)
		}
	}
}

func TestRoutesFillInWhatMayBeLeftOut(t *testing.T) {
	implicit := mustLoad(t, smallest).Routes()
	if len(implicit) != 1 || implicit[0].Upstream != "mail" || implicit[0].Maildrop != "default" || implicit[0].Action != ActionServe || !implicit[0].User.Match("anyone@example.org") {
		t.Errorf("without routes: %+v", implicit)
	}
	config := mustLoad(t, smallest+"route: [{user: \"a*\", action: refuse}, {user: \"b*\"}]\n")
	written := config.Routes()
	if len(written) != 2 || written[1].Upstream != "mail" || written[0].Action != ActionRefuse || written[0].User.Match("bob") {
		t.Errorf("with routes: %+v", written)
	}
	written[0].Upstream = "changed"
	if config.Routes()[0].Upstream != "mail" {
		t.Error("the caller's change reached the configuration")
	}
}

// The tags are what the loader, the checks and the example are made from.
func TestDeclarationsAreComplete(t *testing.T) {
	for _, s := range declared() {
		if !strings.HasSuffix(s.doc, ".") {
			t.Errorf("%s: the meaning %q is not a sentence", s.name, s.doc)
		}
		for at, k := range eachDeclared(s.name, s.keys) {
			if !strings.HasSuffix(k.doc, ".") {
				t.Errorf("%s: the meaning %q is not a sentence", at, k.doc)
			}
			if k.inner != nil {
				continue
			}
			if k.fallback == "" && !k.required && k.sample == "" {
				t.Errorf("%s: the example has nothing to show", at)
			}
			for _, text := range append(slices.Clone(k.words), k.fallback) {
				if err := setText(reflect.New(k.typ).Elem(), text); text != "" && err != nil {
					t.Errorf("%s: %s", at, err)
				}
			}
			checkWords(t, at, k)
		}
	}
}

// eachDeclared walks the keys of a block and of the blocks within it.
func eachDeclared(in string, keys []key) iter.Seq2[string, key] {
	return func(yield func(string, key) bool) {
		for _, k := range keys {
			if !yield(in+"."+k.name, k) {
				return
			}
			for at, inner := range eachDeclared(in+"."+k.name, k.inner) {
				if !yield(at, inner) {
					return
				}
			}
		}
	}
}

// checkWords looks for words that a type knows and its tag does not.
func checkWords(t *testing.T, at string, k key) {
	t.Helper()
	v := reflect.New(k.typ)
	words, ok := v.Interface().(encoding.TextUnmarshaler)
	if !ok || k.typ.Kind() != reflect.Uint8 {
		return
	}
	_, known, _ := strings.Cut(words.UnmarshalText([]byte("no such word")).Error(), "one of ")
	of := strings.Split(known, ", ")
	slices.Sort(of)
	if tagged := slices.Sorted(slices.Values(k.words)); !slices.Equal(of, tagged) {
		t.Errorf("%s: the tag has %v, the type %v", at, tagged, of)
	}
}

// lookups are those of a file with one that says no more than it has to.
func lookups(t *testing.T) map[string]Lookup {
	t.Helper()
	config, problems := Load(write(t, "popbridge.yaml", smallest+"lookup: {accounts: {source: accounts}}\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return config.Lookup
}
