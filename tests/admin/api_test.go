package admin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	reader = "00000000000000000000000000000reader"
	writer = "00000000000000000000000000000writer"
)

// wantsConsent is an upstream for carol alone, whose owners have to agree.
const wantsConsent = `  cloud: {address: "127.0.0.1:1", tls: none, auth: oauth2, oauth2: {flow: code, auth_url: "http://127.0.0.1:1/authorize", token_url: "http://127.0.0.1:1/token", client_id: x, client_secret: unused, scopes: [imap]}}
maildrop:
  hides: {on_delete: hide}
route:
  - {user: alice@example.org, upstream: mail}
  - {user: bob@example.org, upstream: mail, maildrop: hides}
  - {user: carol@example.net, upstream: cloud, login: device}
`

// secretsKey is 32 octets in hexadecimal digits.
const secretsKey = "8f0c1a5be2d34976a1b0c9d8e7f60514233241506f7e8d9cabbacbdcedfe0f10"

// api is a running service's.
type api struct {
	t        *testing.T
	b        *bridge.Bridge
	root     string
	document map[string]any
	schemas  *jsonschema.Compiler
	seen     map[string]bool // operations that were called
}

var servedAt = regexp.MustCompile(`serving the page and the API: address=(\S+)`)

// adminAddress is where a service serves operators.
func adminAddress(t *testing.T, b *bridge.Bridge) string {
	t.Helper()
	found := servedAt.FindAllStringSubmatch(b.Output(), -1)
	if len(found) == 0 {
		t.Fatalf("no page and no API is served:\n%s", b.Output())
	}
	return found[len(found)-1][1]
}

func openAPI(t *testing.T, b *bridge.Bridge) *api {
	t.Helper()
	a := &api{t: t, b: b, root: "http://" + adminAddress(t, b), seen: make(map[string]bool)}
	a.document = a.ask("GET", "/openapi.json", reader, nil, 200)
	a.schemas = jsonschema.NewCompiler()
	if err := a.schemas.AddResource("mem:///openapi", a.document); err != nil {
		t.Fatal(err)
	}
	return a
}

// ask is a request whose answer has to have a status. It is held against the document.
func (a *api) ask(method, path, token string, body any, status int) map[string]any {
	a.t.Helper()
	text := ""
	if body != nil {
		if raw, is := body.(string); is {
			text = raw
		} else {
			encoded, err := json.Marshal(body)
			if err != nil {
				a.t.Fatal(err)
			}
			text = string(encoded)
		}
	}
	r, err := http.NewRequest(method, a.root+"/api/v1"+path, strings.NewReader(text))
	if err != nil {
		a.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer got.Body.Close()
	said, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != status {
		a.t.Fatalf("%s %s: %s, %v, want %d: %.500s", method, path, got.Status, err, status, said)
	}
	if h := got.Header; h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
		a.t.Errorf("%s %s: the header is %v", method, path, h)
	}
	kind := "application/json"
	if status != 200 {
		kind = "application/problem+json"
	}
	if is := got.Header.Get("Content-Type"); is != kind {
		a.t.Errorf("%s %s is of type %q, want %q", method, path, is, kind)
	}
	var answer map[string]any
	if err := json.Unmarshal(said, &answer); err != nil {
		a.t.Fatalf("%s %s: %v in %.500s", method, path, err, said)
	}
	if a.document != nil {
		a.conforms(method, path, status, kind, answer)
	}
	return answer
}

// conforms holds an answer against what the document says of it.
func (a *api) conforms(method, path string, status int, kind string, answer map[string]any) {
	a.t.Helper()
	bare, _, _ := strings.Cut("/api/v1"+path, "?")
	for pattern, operations := range a.document["paths"].(map[string]any) {
		named := regexp.MustCompile("^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(pattern, "[^/]+") + "$")
		operation, there := operations.(map[string]any)[strings.ToLower(method)].(map[string]any)
		if !named.MatchString(bare) || !there {
			continue
		}
		if status == 200 {
			a.seen[operation["operationId"].(string)] = true
		}
		at := fmt.Sprintf("mem:///openapi#/paths/%s/%s/responses/%d/content/%s/schema",
			escape(pattern), strings.ToLower(method), status, escape(kind))
		schema, err := a.schemas.Compile(at)
		if err != nil {
			a.t.Errorf("%s %s: the document does not say what %d is: %v", method, path, status, err)
			return
		}
		if err := schema.Validate(answer); err != nil {
			a.t.Errorf("%s %s is not as the document says: %v", method, path, err)
		}
		return
	}
	if status == 200 {
		a.t.Errorf("the document does not know %s %s", method, path)
	}
}

// escape is a name as a JSON pointer in an address has it.
func escape(name string) string {
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
}

// tokens writes a tokens_file, and a password_file beside it.
func secretFiles(t *testing.T) (tokens, password string) {
	t.Helper()
	dir := t.TempDir()
	tokens, password = filepath.Join(dir, "tokens"), filepath.Join(dir, "password")
	for path, text := range map[string]string{
		tokens:   "# who may ask\nmonitoring read " + reader + "\n\nhelpdesk  write\t" + writer + "\n",
		password: pagePassword + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tokens, password
}

const pagePassword = "the page's own password"

// list gives the objects of a list in an answer.
func list(answer map[string]any, name string) (all []map[string]any) {
	values, _ := answer[name].([]any)
	for _, v := range values {
		all = append(all, v.(map[string]any))
	}
	return all
}

// TestAPI: what commands do, programs do too; nothing is done without a token, and
// everything that is changed is in the trail.
func TestAPI(t *testing.T) {
	mail := dovecot(t)
	w := fill(t, mail, 3)
	tokens, password := secretFiles(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	config := bridge.YAML(mail.IMAP, "none", "", wantsConsent+onDisk(t)+"  secrets_key: "+secretsKey+"\n"+separator+patientLimits+"audit: {path: "+path+"}\n"+
		"admin: {address: \"127.0.0.1:0\", url: \"https://pop.example.org\", tokens_file: "+tokens+", password_file: "+password+"}\n")
	b := bridge.Start(t, config, secret, otherSecret, reader, writer, pagePassword, secretsKey)
	a := openAPI(t, b)
	whose := "/accounts/" + url.PathEscape(owner)

	t.Run("sessions", func(t *testing.T) {
		a.t = t
		phone := bridge.Login(t, b.Address("pop3"), owner+"+phone", secret)
		bob := bridge.Login(t, b.Address("pop3"), other, otherSecret)
		all := a.ask("GET", "/sessions", reader, nil, 200)
		if list := list(all, "sessions"); len(list) != 2 || list[0]["account"] != owner || list[0]["device"] != "phone" || all["total"] != 2. {
			t.Errorf("sessions are %v", all)
		}
		first := a.ask("GET", "/sessions?limit=1", reader, nil, 200)
		rest := a.ask("GET", "/sessions?limit=1&after="+fmt.Sprint(first["next"]), reader, nil, 200)
		if len(list(first, "sessions")) != 1 || list(rest, "sessions")[0]["account"] != other || rest["next"] != nil {
			t.Errorf("in two parts: %v and %v", first, rest)
		}
		if one := a.ask("GET", "/sessions?account=BOB@example.org", reader, nil, 200); len(list(one, "sessions")) != 1 {
			t.Errorf("of one account: %v", one)
		}
		a.ask("POST", whose+"/kick", reader, map[string]string{"device": "phone"}, 403)
		phone.OK("NOOP")
		if k := a.ask("POST", whose+"/kick", writer, map[string]string{"device": "phone"}, 200); k["sessions"] != 1. {
			t.Errorf("kicked: %v", k)
		}
		if rest := phone.Rest(); rest != "" {
			t.Errorf("the session that was kicked heard %q", rest)
		}
		bob.Quit()
		a.ask("POST", "/accounts/nobody@example.org/kick", writer, nil, 404)
		b.AwaitTimes("session ended", 2)
	})
	t.Run("devices", func(t *testing.T) {
		a.t = t
		added := a.ask("POST", whose+"/devices", writer, map[string]any{"device": "Scanner", "password": true, "label": "2nd floor"}, 200)
		word, _ := added["password"].(string)
		if added["device"] != "scanner" || len(word) < 20 {
			t.Errorf("it was added as %v", added)
		}
		a.ask("POST", whose+"/devices", writer, map[string]any{"device": "scanner", "password": true}, 409)
		a.ask("POST", whose+"/devices", writer, map[string]any{"device": "a+b"}, 422)
		a.ask("POST", whose+"/devices", writer, `{"device": "x", "colour": "red"}`, 400)
		a.ask("POST", whose+"/devices", writer, `{"device": "x"} {}`, 400)
		a.ask("POST", whose+"/devices", writer, `nonsense`, 400)
		a.ask("POST", whose+"/devices", reader, `nonsense`, 403)
		shown := fmt.Sprint(a.ask("GET", whose+"/devices", reader, nil, 200))
		if !strings.Contains(shown, "2nd floor") || strings.Contains(shown, word) {
			t.Errorf("devices are %s", shown)
		}
		a.ask("DELETE", whose+"/devices/scanner/password", writer, nil, 200)
		a.ask("DELETE", whose+"/devices/scanner/password", writer, nil, 404)
		a.ask("POST", whose+"/devices", writer, map[string]any{"device": "printer"}, 200)
		a.ask("POST", whose+"/devices", writer, map[string]any{"device": "panel", "expect": "90m"}, 200)
		a.ask("POST", whose+"/devices", writer, map[string]any{"device": "panel", "expect": "daily"}, 422)
		if shown := fmt.Sprint(a.ask("GET", whose+"/devices", reader, nil, 200)); !strings.Contains(shown, "expect:1h30m0s") || strings.Contains(shown, "overdue_since") {
			t.Errorf("devices are %s", shown)
		}
		if v := a.ask("GET", "/overview", reader, nil, 200); v["watched"] != 1. || len(list(v, "overdue")) != 0 || v["more_overdue"] != 0. {
			t.Errorf("what is expected: %v watched, %v overdue", v["watched"], v["overdue"])
		}
		a.ask("DELETE", whose+"/devices/panel", writer, nil, 200)
		a.ask("DELETE", whose+"/devices/printer", writer, nil, 200)
		a.ask("DELETE", whose+"/devices/printer", writer, nil, 404)
	})
	t.Run("accounts", func(t *testing.T) {
		a.t = t
		first := a.ask("GET", "/accounts?limit=1", reader, nil, 200)
		rest := a.ask("GET", "/accounts?limit=1&after="+url.QueryEscape(fmt.Sprint(first["next"])), reader, nil, 200)
		if list(first, "accounts")[0]["account"] != owner || list(rest, "accounts")[0]["account"] != other || rest["next"] != nil {
			t.Errorf("in two parts: %v and %v", first, rest)
		}
		if found := list(a.ask("GET", "/accounts?search=bo", reader, nil, 200), "accounts"); len(found) != 1 {
			t.Errorf("those with bo are %v", found)
		}
		a.ask("GET", "/accounts?limit=0", reader, nil, 400)
		a.ask("GET", "/accounts?limit=1001", reader, nil, 400)
		a.ask("GET", "/accounts?colour=red", reader, nil, 400)
		if one := a.ask("GET", "/accounts/ALICE@example.org", reader, nil, 200); one["account"] != owner || len(list(one, "routes")) != 1 {
			t.Errorf("an account is %v", one)
		}
		a.ask("GET", "/accounts/nobody@example.org", reader, nil, 404)
		a.ask("GET", "/accounts/"+url.PathEscape("<script>alert(1)</script>"), reader, nil, 404)
		a.ask("GET", "/accounts/alice+phone@example.org", reader, nil, 422)
	})
	t.Run("deletions", func(t *testing.T) {
		a.t = t
		c := bridge.Login(t, b.Address("pop3"), owner+"+phone", secret)
		c.OK("DELE 1")
		c.OK("DELE 2")
		c.Quit()
		b.AwaitTimes("session ended", 3)
		last := a.ask("GET", whose+"/deletions?limit=1&since=1h", reader, nil, 200)
		before := a.ask("GET", whose+"/deletions?limit=1&before="+fmt.Sprint(last["next"]), reader, nil, 200)
		if list(last, "deletions")[0]["message_id"] != "<2@example.org>" || list(before, "deletions")[0]["message_id"] != "<1@example.org>" || before["next"] != nil {
			t.Errorf("in two parts: %v and %v", last, before)
		}
		a.ask("GET", whose+"/deletions?since=yesterday", reader, nil, 400)
		missed(t, a, b, mail, whose)
		a.ask("POST", whose+"/authorize", writer, nil, 404) // her upstream wants no consent
		a.ask("POST", "/accounts/carol@example.net/authorize", reader, map[string]string{"upstream": "cloud"}, 403)
		link := a.ask("POST", "/accounts/carol@example.net/authorize", writer, nil, 200)
		if at, _ := link["address"].(string); !strings.HasPrefix(at, "https://pop.example.org/authorize?account=carol") || link["upstream"] != "cloud" {
			t.Errorf("the owner's link is %v", link)
		}
		a.ask("POST", whose+"/undelete", writer, nil, 400)
		a.ask("POST", whose+"/undelete", writer, map[string]any{"since": "1h"}, 422) // the upstream wants a password
		line := list(before, "deletions")[0]["line"]
		back := a.ask("POST", whose+"/undelete", writer, map[string]any{"line": line, "password": secret}, 200)
		if m := list(back, "messages"); len(m) != 1 || m[0]["brought_back"] != true {
			t.Errorf("it was brought back as %v", back)
		}
		bridge.Has(t, words(a.ask("GET", whose+"/message?id=1@example.org", reader, nil, 200)), "; it was brought back at ")
		if n := len(w.UIDs("INBOX")); n != 2 {
			t.Errorf("%d messages are in INBOX, of 3 of which 2 were deleted and 1 brought back", n)
		}
		a.ask("POST", whose+"/undelete", writer, map[string]any{"line": line, "password": secret}, 409)
	})
	t.Run("trouble", func(t *testing.T) {
		a.t = t
		b.Refused(t, owner+"+scanner", "wrong", refused)
		b.Refused(t, owner+"+scanner", "wrong", refused)
		for _, about := range []string{owner, "127.0.0.1"} {
			found := list(a.ask("GET", "/trouble?about="+about, reader, nil, 200), "troubles")
			if len(found) != 1 || found[0]["times"] != 2. || found[0]["device"] != "scanner" || !strings.Contains(fmt.Sprint(found[0]["words"]), "the mail server mail says that the password is wrong") {
				t.Errorf("trouble about %s is %v", about, found)
			}
		}
		if found := list(a.ask("GET", "/trouble?about="+other, reader, nil, 200), "troubles"); len(found) != 0 {
			t.Errorf("trouble about somebody else is %v", found)
		}
	})
	t.Run("service", func(t *testing.T) {
		a.t = t
		if up := list(a.ask("GET", "/upstreams", reader, nil, 200), "upstreams"); len(up) != 2 || up[1]["state"] != "up" || up[1]["upstream"] != "mail" || up[0]["state"] != "unknown" {
			t.Errorf("upstreams are %v", up)
		}
		a.ask("GET", "/migration", reader, nil, 200)
		if v := a.ask("GET", "/overview", reader, nil, 200); v["sessions"] != 0. || len(list(v, "listeners")) != 1 || v["not_ready"] != nil {
			t.Errorf("the overview is %v", v)
		}
		if b.Reload(strings.Replace(config, "plaintext_auth: true", "plaintext_auth: perhaps", 1)) {
			t.Error("a configuration with mistakes was taken")
		}
		c := a.ask("GET", "/configuration", reader, nil, 200)
		if m := list(c, "mistakes"); len(m) != 1 || m[0]["key"] != "listener.pop3.plaintext_auth" || m[0]["line"] != 4. {
			t.Errorf("mistakes are %v", m)
		}
		origins := 0
		for _, s := range list(c, "settings") {
			if s["key"] == "upstream.mail.tls" && strings.HasSuffix(fmt.Sprint(s["from"]), ":8") {
				origins++
			}
			if s["key"] == "admin.tokens_file" && strings.Contains(fmt.Sprint(s["value"]), tokens) {
				origins++
			}
		}
		if origins != 2 {
			t.Errorf("settings are %v", c["settings"])
		}
		if !b.Reload(config) {
			t.Error("the configuration was not taken")
		}
		if m := list(a.ask("GET", "/configuration", reader, nil, 200), "mistakes"); len(m) != 0 {
			t.Errorf("mistakes that were mended are %v", m)
		}
	})
	t.Run("commands elsewhere", func(t *testing.T) {
		a.t = t
		at := []string{"--server", a.root, "--token-file", tokenFile(t, "helpdesk write "+writer)}
		run := func(code int, args ...string) string {
			t.Helper()
			c := bridge.Run(t, append(args, at...), writer)
			if got := c.Wait(); got != code {
				t.Errorf("%q ended with %d, want %d: %s", args, got, code, c.Output())
			}
			return c.Output()
		}
		phone := bridge.Login(t, b.Address("pop3"), owner+"+phone", secret)
		bridge.Has(t, run(0, "who"), owner, "phone", "127.0.0.1", "transaction")
		bridge.Has(t, run(0, "kick", owner, "--device", "phone"), "1 session of device phone of "+owner)
		phone.Rest()
		bridge.Has(t, run(0, "account", "list"), owner, other)
		bridge.Has(t, run(0, "account", "show", owner), "Account "+owner, "route[0]", "<2@example.org>")
		bridge.Has(t, run(0, "account", "device", "add", owner, "till", "--password"), "shown only once", "no route of "+owner+" accepts this password")
		bridge.Has(t, run(0, "account", "device", "list", owner, "--json"), `"device": "till"`)
		bridge.Has(t, run(0, "account", "device", "revoke", owner, "till"), "has been revoked")
		bridge.Has(t, run(0, "account", "disable", other, "--reason", "unpaid"), other+" is disabled: logins are refused like a wrong password")
		bridge.Has(t, run(0, "account", "list"), "DISABLED")
		bridge.Has(t, run(0, "account", "enable", other), other+" is enabled")
		bridge.Has(t, run(1, "account", "enable", other), "is not disabled")
		bridge.Has(t, run(1, "account", "show", "nobody@example.org"), "is not in the ledger")
		bridge.Has(t, run(2, "account", "show", owner+"+till"), "give the account alone")
		at[3] = tokenFile(t, "wrong-token")
		bridge.Has(t, run(1, "who"), "there is no token, or it is not one of")
		at[1] = "http://" + b.Address("pop3")
		run(1, "who")
	})
	t.Run("accounts that are disabled", func(t *testing.T) { disabled(t, a) })
	t.Run("who may not", func(t *testing.T) {
		a.t = t
		a.ask("GET", "/sessions", "", nil, 401)
		a.ask("GET", "/openapi.json", reader, nil, 200)
		a.ask("GET", "/openapi.json", "nonsense", nil, 401)
		a.ask("GET", "/nothing", reader, nil, 404)
		a.ask("PUT", "/sessions", reader, nil, 405)
		a.ask("GET", "/nothing", "", nil, 401)
	})
	for _, operations := range a.document["paths"].(map[string]any) {
		for _, o := range operations.(map[string]any) {
			if id := o.(map[string]any)["operationId"].(string); !a.seen[id] {
				t.Errorf("nobody has called %s", id)
			}
		}
	}

	var acts []string
	for _, l := range trail(t, path) {
		if l.Event == "act" || l.Via != "" {
			acts = append(acts, strings.TrimSpace(fmt.Sprint(l.By, " ", l.Via, " ", l.Act, " ", l.Account, " ", l.Device, " ", l.Result)))
			if l.From != "127.0.0.1" {
				t.Errorf("%+v comes from %q", l, l.From)
			}
		}
	}
	for _, want := range []string{
		"monitoring api kick " + owner + " phone refused", "helpdesk api kick " + owner + " phone done",
		"helpdesk api account device add " + owner + " Scanner done", "helpdesk api account device add " + owner + " scanner failed",
		"helpdesk api account device revoke " + owner + " scanner done", "helpdesk api account undelete " + owner + "  done", "api    refused",
	} {
		if !strings.Contains(strings.Join(acts, "\n"), want) {
			t.Errorf("the trail lacks %q:\n%s", want, strings.Join(acts, "\n"))
		}
	}
}

// missed asks why messages are not shown: one that went to Trash, one that a device has
// hidden, and one that nobody has deleted.
func missed(t *testing.T, a *api, b *bridge.Bridge, mail *servers.Server, whose string) {
	gone := a.ask("GET", whose+"/message?id="+url.QueryEscape("<1@example.org>"), reader, nil, 200)
	bridge.Has(t, words(gone), "device phone deleted it at ", "(from 127.0.0.1): it was moved to Trash, UID ")
	bridge.Has(t, fmt.Sprint(gone["others"]), "devices see INBOX")
	servers.Dial(t, mail.IMAP, other, otherSecret).Append([]byte("Message-ID: <hidden@example.org>\r\n\r\nText.\r\n"))
	c := bridge.Login(t, b.Address("pop3"), other+"+till", otherSecret)
	ids := c.UniqueIDs()
	c.OK(fmt.Sprintf("DELE %d", len(ids)))
	c.Quit()
	for _, id := range []string{ids[len(ids)-1], "hidden@example.org"} {
		hidden := a.ask("GET", "/accounts/"+other+"/message?id="+url.QueryEscape(id), reader, nil, 200)
		bridge.Has(t, words(hidden), "it stays in INBOX, and has been hidden since then; hidden from till")
	}
	if none := a.ask("GET", whose+"/message?id=never@example.org", reader, nil, 200); len(list(none, "deletions")) != 0 {
		t.Errorf("what nobody has deleted is %v", none)
	}
	a.ask("GET", whose+"/message", reader, nil, 422)
	a.ask("GET", "/accounts/nobody@example.org/message?id=x", reader, nil, 404)
}

// words are what an answer says of a message.
func words(m map[string]any) (text string) {
	deletions, _ := m["deletions"].([]any)
	for _, d := range deletions {
		text += fmt.Sprint(d.(map[string]any)["words"], "\n")
	}
	return text
}

func tokenFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGuessedTokens: tokens that are wrong are counted, and after twenty nothing is looked
// at any more from that address, not even the right one.
func TestGuessedTokens(t *testing.T) {
	tokens, _ := secretFiles(t)
	b := bridge.Start(t, bridge.YAML("127.0.0.1:1", "none", "", onDisk(t)+"limits: {failure_delay: 0s, failures_per_ip: 0}\nadmin: {address: \"127.0.0.1:0\", tokens_file: "+tokens+"}\n"), reader)
	a := openAPI(t, b)
	for range 20 {
		a.ask("GET", "/upstreams", "guessed", nil, 401)
	}
	a.ask("GET", "/upstreams", "guessed", nil, 429)
	a.ask("GET", "/upstreams", reader, nil, 429)
}
