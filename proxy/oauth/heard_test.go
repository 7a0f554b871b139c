package oauth_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/oauth"
)

// TestTroubleIsHeardOf: that an owner's authorization is refused, and that one ends which
// the server does not replace; one that is replaced, or has months to live, is no trouble.
func TestTroubleIsHeardOf(t *testing.T) {
	ending := func(answer map[string]any, days float64) map[string]any {
		answer = maps.Clone(answer)
		answer["refresh_token_expires_in"] = days * 24 * 60 * 60
		return answer
	}
	e := newEndpoint(t, func(_ int, form url.Values) (int, any) {
		switch form.Get("refresh_token") {
		case "ends":
			return http.StatusOK, ending(gives("access", 3600, ""), 6)
		case "is replaced":
			return http.StatusOK, ending(gives("access", 3600, "another"), 1)
		case "lives":
			return http.StatusOK, ending(gives("access", 3600, ""), 90)
		}
		return http.StatusBadRequest, refuses("invalid_grant", "the owner has changed the password")
	})
	s := newSite(t, configs.FlowDevice, e.URL)
	var heard []oauth.Trouble
	s.source.Heard = func(t oauth.Trouble) { heard = append(heard, t) }
	for _, refresh := range []string{"is replaced", "lives", "ends"} {
		s.agreed(refresh, refresh)
		s.gets(refresh, "access")
	}
	s.agreed("bob", "refused")
	s.fails("bob", "SYS/PERM")
	s.fails("bob", "SYS/PERM")
	if len(heard) != 2 || heard[0].Account != "ends" || time.Until(heard[0].Ends).Round(24*time.Hour) != 6*24*time.Hour || heard[0].Cause != "" {
		t.Fatalf("heard of %+v", heard)
	}
	if refused := heard[1]; refused.Account != "bob" || refused.Upstream == "" || !refused.Ends.IsZero() || !strings.Contains(refused.Cause, "invalid_grant") || strings.Contains(refused.Cause, "refused\"") {
		t.Errorf("heard of %+v", refused)
	}
}
