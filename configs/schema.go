package configs

import (
	"reflect"
	"strings"
)

// shape is how often a block may stand in a file.
type shape uint8

const (
	single   shape = iota // log { … }
	labelled              // listener "pop3" { … }
	repeated              // route { … } route { … }
)

// section is a block of the file as Config declares it.
type section struct {
	name  string
	doc   string
	shape shape
	field int // in Config
	keys  []key
}

// key is a key of a section as the tags of its field declare it.
type key struct {
	name     string
	doc      string
	unit     string
	fallback string // the default, in text
	derived  string
	sample   string
	least    string
	words    []string
	required bool
	field    int   // in the struct around it
	inner    []key // of a block within the block; else nil
	typ      reflect.Type
}

// secretFile ends the name of the key that reads a Secret from a file.
const secretFile = "_file"

var secretType = reflect.TypeFor[Secret]()

// declared lists the sections in the order of Config.
func declared() []section {
	config := reflect.TypeFor[Config]()
	sections := make([]section, config.NumField())
	for i := range sections {
		f := config.Field(i)
		s := section{name: f.Tag.Get("key"), doc: f.Tag.Get("doc"), field: i}
		of := f.Type
		switch of.Kind() {
		case reflect.Map:
			s.shape, of = labelled, of.Elem()
		case reflect.Slice:
			s.shape, of = repeated, of.Elem()
		}
		s.keys = declaredKeys(of)
		sections[i] = s
	}
	return sections
}

func declaredKeys(of reflect.Type) []key {
	var keys []key
	for i := range of.NumField() {
		f := of.Field(i)
		name, ok := f.Tag.Lookup("key")
		if !ok {
			continue
		}
		keys = append(keys, key{
			name: name, doc: f.Tag.Get("doc"), unit: f.Tag.Get("unit"),
			fallback: f.Tag.Get("default"), derived: f.Tag.Get("derived"),
			sample: f.Tag.Get("sample"), least: f.Tag.Get("min"),
			words:    strings.Fields(f.Tag.Get("words")),
			required: f.Tag.Get("required") == "true",
			field:    i, inner: innerKeys(f.Type), typ: f.Type,
		})
	}
	return keys
}

// innerKeys are the keys of a block that stands in another; nil for a value.
func innerKeys(of reflect.Type) []key {
	if of.Kind() != reflect.Struct {
		return nil
	}
	return declaredKeys(of)
}

// namesOf lists every key that may be written in a block, with the …_file keys of
// its secrets.
func namesOf(keys []key) []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
		if k.secret() {
			names = append(names, k.name+secretFile)
		}
	}
	return names
}

func (k key) secret() bool { return k.typ == secretType }

// list reports whether the value is written as a list.
func (k key) list() bool { return k.typ.Kind() == reflect.Slice && !k.oneOrList() }

// oneOrList reports whether the value is written as a text, or as a list of them.
func (k key) oneOrList() bool { return k.typ == reflect.TypeFor[Mailboxes]() }

// place is where a value stands: as messages name it, and as viper finds it.
type place struct {
	dotted string // route[2].user
	deep   string // route::2::user
}

func top(name string) place { return place{name, name} }

func (p place) child(name string) place {
	return place{p.dotted + "." + name, p.deep + delimiter + name}
}

func (p place) item(i string) place {
	return place{p.dotted + "[" + i + "]", p.deep + delimiter + i}
}
