package upstream

import (
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// ForUse leaves out of a request what its use does not need.
func ForUse(req backend.Request) backend.Request {
	if req.Use != backend.ForPolls {
		req.Upstream.Reuse = 0
	}
	if req.Use == backend.ToLook {
		req.Maildrop.OnDelete = translate.DeleteHide
	}
	return req
}
