package configs

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"popbridge/translate"
)

// JSONSchema gives the JSON Schema (draft 2020-12) of a configuration in YAML, for
// editors that complete and check as one types. It knows names, types, words and what
// is required; "popbridge check" knows the rest.
func JSONSchema() ([]byte, error) {
	root := object()
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "popbridge"
	for _, s := range declared() {
		block := keysSchema(s.keys)
		block["description"] = s.doc
		switch s.shape {
		case labelled:
			block = map[string]any{
				"type": "object", "description": s.doc, "additionalProperties": false,
				"patternProperties": map[string]any{"^[a-z][a-z0-9_-]*$": nullable(block)},
			}
		case repeated:
			block = map[string]any{"type": "array", "description": s.doc, "items": nullable(block)}
		}
		root["properties"].(map[string]any)[s.name] = nullable(block)
	}
	return json.MarshalIndent(root, "", "  ")
}

func object() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
}

// nullable lets a block be empty, which YAML shows as null.
func nullable(block map[string]any) map[string]any {
	block["type"] = []string{block["type"].(string), "null"}
	return block
}

func keysSchema(keys []key) map[string]any {
	block := object()
	properties := block["properties"].(map[string]any)
	var required []map[string]any
	for _, k := range keys {
		if k.inner != nil {
			inner := keysSchema(k.inner)
			inner["description"] = k.doc
			properties[k.name] = nullable(inner)
			continue
		}
		properties[k.name] = k.schema()
		if k.secret() {
			properties[k.name+secretFile] = map[string]any{"type": "string", "description": "A file to read " + k.name + " from."}
		}
		if k.required {
			required = append(required, map[string]any{"required": []string{k.name}})
		}
	}
	if _, presets := properties["provider"]; presets && required != nil {
		required = append(required, map[string]any{"required": []string{"provider"}}) // which may set it
	}
	if required != nil {
		block["anyOf"] = required
	}
	return block
}

// schema is what a value of the key has to be.
func (k key) schema() map[string]any {
	s := map[string]any{"description": strings.TrimSpace(k.doc + " " + k.facts())}
	switch {
	case k.oneOrList():
		s["type"], s["items"], s["minItems"] = []string{"string", "array"}, map[string]any{"type": "string"}, 1
	case k.list():
		s["type"], s["items"] = "array", map[string]any{"type": "string"}
	case k.typ == reflect.TypeFor[bool]():
		s["type"] = "boolean"
	case k.typ == reflect.TypeFor[int]():
		s["type"] = "integer"
		if least, err := strconv.Atoi(k.least); err == nil {
			s["minimum"] = least
		}
	case k.typ == reflect.TypeFor[translate.Size]():
		s["type"] = []string{"string", "integer"}
	default:
		s["type"] = "string"
	}
	if len(k.words) > 0 {
		s["enum"] = k.words
	}
	if k.fallback != "" {
		s["default"] = k.defaultValue()
	}
	return s
}

// defaultValue is the default in the type that the file has it in.
func (k key) defaultValue() any {
	switch {
	case k.list():
		return strings.Split(k.fallback, ", ")
	case k.typ == reflect.TypeFor[bool]():
		return k.fallback == "true"
	case k.typ == reflect.TypeFor[int]():
		n, _ := strconv.Atoi(k.fallback) // a test holds that defaults can be read
		return n
	}
	return k.fallback
}
