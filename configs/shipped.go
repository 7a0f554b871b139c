package configs

import _ "embed"

// Shipped is the configuration that packages install. It lacks the server.
//
//go:embed deploy/packages/popbridge.yaml
var Shipped string
