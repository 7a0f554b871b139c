package packages

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"
)

const chart = top + "/configs/deploy/helm/popbridge"

// parse reads YAML as Helm's templates see it.
func parse(t *testing.T, text []byte) map[string]any {
	t.Helper()
	values := map[string]any{}
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return values
}

func load(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

// overlay lays one set of values over another, as --values does.
func overlay(under, over map[string]any) map[string]any {
	laid := maps.Clone(under)
	for key, value := range over {
		inner, ok := value.(map[string]any)
		if below, is := laid[key].(map[string]any); ok && is {
			value = overlay(below, inner)
		}
		laid[key] = value
	}
	return laid
}

// render makes the chart's objects, by kind, the way "helm template" does: Helm's
// templates are Go's, with the functions below among its own.
func render(t *testing.T, more string) (map[string]map[string]any, error) {
	t.Helper()
	about := load(t, chart+"/Chart.yaml")
	all := template.New("").Option("missingkey=zero")
	all.Funcs(functions(all))
	files, err := filepath.Glob(chart + "/templates/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all.New(filepath.Base(file)).Parse(string(text)); err != nil {
			t.Fatal(err)
		}
	}
	data := map[string]any{
		"Values":  overlay(load(t, chart+"/values.yaml"), parse(t, []byte(more))),
		"Chart":   map[string]any{"AppVersion": about["appVersion"]},
		"Release": map[string]any{"Name": "pop", "Namespace": "mail", "Service": "Helm"},
	}
	objects := map[string]map[string]any{}
	for _, file := range files {
		var text bytes.Buffer
		if err := all.ExecuteTemplate(&text, filepath.Base(file), data); err != nil {
			return nil, err
		}
		if filepath.Ext(file) != ".yaml" || strings.TrimSpace(text.String()) == "" {
			continue
		}
		object := parse(t, text.Bytes())
		objects[object["kind"].(string)] = object
	}
	return objects, nil
}

// functions are those of Helm that the chart uses, for the types that it uses them with.
func functions(all *template.Template) template.FuncMap {
	asYAML := func(value any) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	return template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var text strings.Builder
			err := all.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"required": func(message string, value any) (any, error) {
			if value == nil || value == "" {
				return nil, errors.New(message)
			}
			return value, nil
		},
		"fail":   func(message string) (string, error) { return "", errors.New(message) },
		"toYaml": asYAML,
		"deepCopy": func(value map[string]any) (copied map[string]any, err error) {
			text, err := asYAML(value)
			if err != nil {
				return nil, err
			}
			return copied, yaml.Unmarshal([]byte(text), &copied)
		},
		"nindent": func(spaces int, text string) string {
			return "\n" + strings.Repeat(" ", spaces) + strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", spaces))
		},
		"quote":      func(value any) string { return fmt.Sprintf("%q", fmt.Sprint(value)) },
		"trunc":      func(most int, text string) string { return text[:min(most, len(text))] },
		"trimSuffix": func(suffix, text string) string { return strings.TrimSuffix(text, suffix) },
		"sha256sum":  func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		"regexFind":  func(pattern, text string) string { return regexp.MustCompile(pattern).FindString(text) },
		"dict":       func(key string, value any) map[string]any { return map[string]any{key: value} },
		"set":        func(m map[string]any, key string, value any) map[string]any { m[key] = value; return m },
		"hasKey":     func(m map[string]any, key string) bool { _, ok := m[key]; return ok },
		"merge":      func(over, under map[string]any) map[string]any { return overlay(under, over) },
		"default": func(other, value any) any {
			if value == nil || value == "" {
				return other
			}
			return value
		},
	}
}
