package oauth

import (
	"context"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"popbridge/configs"
)

// reach asks an endpoint for nothing, which every server refuses: that it answers
// over a TLS that is trusted is what counts.
func reach(ctx context.Context, u configs.Upstream, address string) error {
	ctx, err := withClient(ctx, u)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := oauth2.NewClient(ctx, nil).Do(request)
	if err != nil {
		return fmt.Errorf("the token endpoint cannot be reached: %w", err)
	}
	return answer.Body.Close()
}
