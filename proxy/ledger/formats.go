package ledger

import (
	"encoding/json"
	"fmt"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// encodeFormats makes text of the spans of a page.
func encodeFormats(spans []translate.Span) (string, error) {
	if len(spans) == 0 {
		return "", nil
	}
	text, err := json.Marshal(spans)
	return string(text), err
}

// decodeFormats reads the spans of a page, as encodeFormats wrote them.
func decodeFormats(text string) ([]translate.Span, error) {
	if text == "" {
		return nil, nil
	}
	var spans []translate.Span
	if err := json.Unmarshal([]byte(text), &spans); err != nil {
		return nil, fmt.Errorf("formats: %w", database.ErrDamaged)
	}
	return spans, nil
}
