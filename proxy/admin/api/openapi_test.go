package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What the document refers to is in it, every placeholder of a path is explained, and no
// two operations have one name.
func TestTheDocumentIsWhole(t *testing.T) {
	text, err := json.Marshal(Document())
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	made := d["components"].(map[string]any)["schemas"].(map[string]any)
	var names []string
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				if _, there := made[strings.TrimPrefix(ref, "#/components/schemas/")]; !there {
					t.Errorf("%s refers to %s, which is not there", at, ref)
				}
			}
			if id, ok := v["operationId"].(string); ok {
				if slices.Contains(names, id) {
					t.Errorf("two operations are called %s", id)
				}
				names = append(names, id)
				if v["summary"] == "" {
					t.Errorf("%s says nothing of itself", id)
				}
			}
			if v["in"] != nil && v["description"] == "" {
				t.Errorf("%s: parameter %v says nothing of itself", at, v["name"])
			}
			for name, value := range v {
				walk(at+"/"+name, value)
			}
		case []any:
			for _, value := range v {
				walk(at, value)
			}
		}
	}
	walk("", d)
	if len(names) < 15 {
		t.Errorf("%d operations are described", len(names))
	}
}

// Types that are given have names of their own: a component stands for one of them.
func TestComponentsAreNotMistaken(t *testing.T) {
	seen := make(map[string]reflect.Type)
	var look func(of reflect.Type)
	look = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice:
			look(of.Elem())
		case reflect.Struct:
			if before, there := seen[of.Name()]; there {
				if before != of {
					t.Errorf("%v and %v are both called %s", before, of, of.Name())
				}
				return
			}
			seen[of.Name()] = of
			for i := range of.NumField() {
				if f := of.Field(i); f.Anonymous && f.Tag.Get("json") == "" {
					for j := range f.Type.NumField() {
						look(f.Type.Field(j).Type)
					}
				} else {
					look(f.Type)
				}
			}
		}
	}
	for _, e := range endpoints() {
		look(reflect.TypeOf(e.answer))
		if e.write {
			if body := e.body(); body != nil {
				look(reflect.TypeOf(body))
			}
		}
	}
}
