package oauth_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/oauth"
	"popbridge/translate"
)

// TestWhatMicrosoftSays is told with what an operator can do about it, to whoever logs
// in, in the log where an owner has to act, and by check.
func TestWhatMicrosoftSays(t *testing.T) {
	for name, c := range map[string]struct {
		flow        configs.Flow
		code, words string
		says        string
	}{
		"blocked device code": {configs.FlowDevice, "invalid_grant", "AADSTS53003: Access has been blocked by Conditional Access policies.", `use flow = "code"`},
		"to be confirmed":     {configs.FlowDevice, "interaction_required", "AADSTS50199: For security reasons, user confirmation is required.", `use flow = "code"`},
		"blocked browser":     {configs.FlowCode, "invalid_grant", "AADSTS53003: Access has been blocked by Conditional Access policies.", "makes an exception for this application"},
		"wrong secret":        {configs.FlowClientCredentials, "invalid_client", "AADSTS7000215: Invalid client secret provided.", "not its Secret ID"},
		"expired secret":      {configs.FlowClientCredentials, "invalid_client", "AADSTS7000222: The provided client secret keys are expired.", "make a new one"},
		"no consent":          {configs.FlowCode, "invalid_grant", "AADSTS65001: The user or administrator has not consented.", "Grant admin consent"},
		"unknown client":      {configs.FlowClientCredentials, "unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found in the directory.", "compare it with the Application (client) ID"},
		"unknown tenant":      {configs.FlowClientCredentials, "invalid_request", "AADSTS90002: Tenant 'x' not found.", "compare oauth2.tenant"},
		"unknown certificate": {configs.FlowClientCredentials, "invalid_client", "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered.", "upload client_certificate"},
		"no public client":    {configs.FlowDevice, "invalid_client", "AADSTS7000218: The request body must contain client_assertion or client_secret.", "Allow public client flows"},
		"another":             {configs.FlowClientCredentials, "invalid_client", "AADSTS1: who knows", `AADSTS1: who knows"`},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, func(int, url.Values) (int, any) { return 400, refuses(c.code, c.words) })
			s := newSite(t, c.flow, e.URL)
			s.agreed("alice", "the-refresh-token")
			text := s.fails("alice", translate.CodeSysPerm)
			if !strings.Contains(text, c.says) || !strings.Contains(text, c.words[:12]) {
				t.Errorf("%q does not say %q", text, c.says)
			}
			if c.flow.NeedsOwner() && c.code == "invalid_grant" && !strings.Contains(strings.ReplaceAll(s.log.String(), `\"`, `"`), c.says) {
				t.Errorf("the log does not say %q: %s", c.says, s.log)
			}
			if _, err := s.source.Check(context.Background(), s.mail); c.flow == configs.FlowClientCredentials && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the check says %v", err)
			}
			if c.flow == configs.FlowDevice {
				if err := s.source.Authorize(context.Background(), s.mail, "alice", oauth.Owner{}); !strings.Contains(err.Error(), c.says) {
					t.Errorf("who is to be asked for: %v", err)
				}
			}
		})
	}
}
