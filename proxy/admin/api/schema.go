package api

import (
	"reflect"
	"strings"
	"time"
)

// schemas are made of Go's types, by their JSON; each struct is a component of its own.
type schemas struct{ made object }

// of gives the schema of a value's type.
func (s *schemas) of(v any) object { return s.ofType(reflect.TypeOf(v)) }

func (s *schemas) ofType(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return s.ofType(t.Elem())
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": s.ofType(t.Elem())}
	case reflect.Map:
		return object{"type": "object"}
	case reflect.Struct:
		return s.component(t)
	}
	return object{"type": "string"}
}

// component makes a struct's schema once, and refers to it. No two types that are given
// have one name.
func (s *schemas) component(t reflect.Type) object {
	name := t.Name()
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, made := s.made[name]; made {
		return ref
	}
	properties, required := object{}, []string{}
	o := object{"type": "object", "properties": properties}
	s.made[name] = o // before its fields: they may hold it
	required = s.fields(t, properties, required)
	if len(required) > 0 {
		o["required"] = required
	}
	return ref
}

// fields adds a struct's fields, those of embedded ones as JSON has them.
func (s *schemas) fields(t reflect.Type, properties object, required []string) []string {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case tag == "-" || !f.IsExported():
			continue
		case f.Anonymous && tag == "":
			required = s.fields(f.Type, properties, required)
			continue
		}
		properties[tag] = s.ofType(f.Type)
		if !strings.Contains(options, "omit") {
			required = append(required, tag)
		}
	}
	return required
}
