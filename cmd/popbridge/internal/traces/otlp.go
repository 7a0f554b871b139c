package traces

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

type (
	traceID [16]byte
	spanID  [8]byte
)

func newTrace() (id traceID) {
	_, _ = rand.Read(id[:]) // it does not fail
	return id
}

func newSpan() (id spanID) {
	_, _ = rand.Read(id[:])
	return id
}

// Kinds of spans and the status of one that has failed, as OTLP numbers them.
const (
	kindInternal, kindServer = 1, 2
	statusError              = 2
)

// span is a piece of a session.
type span struct {
	trace        traceID
	id, parent   spanID // parent is zero for the session's own
	name         string
	kind         int
	began, ended time.Time
	failed       bool
	attributes   []attribute
}

// attribute is one of a span; a text that is empty is left out.
type attribute struct {
	key, text string
	number    int64
	isNumber  bool
}

func text(key, value string) attribute { return attribute{key: key, text: value} }
func number(key string, value int64) attribute {
	return attribute{key: key, number: value, isNumber: true}
}

// object is a JSON object.
type object = map[string]any

// encode writes spans as the body of a request (opentelemetry.proto.collector.trace.v1): ids
// in hexadecimal, 64-bit numbers as strings.
func encode(spans []span, resource []attribute, version string) ([]byte, error) {
	list := make([]object, len(spans))
	for i, s := range spans {
		o := object{
			"traceId": hex.EncodeToString(s.trace[:]), "spanId": hex.EncodeToString(s.id[:]), "name": s.name, "kind": s.kind,
			"startTimeUnixNano": strconv.FormatInt(s.began.UnixNano(), 10), "endTimeUnixNano": strconv.FormatInt(s.ended.UnixNano(), 10),
			"attributes": encodeAttributes(s.attributes),
		}
		if s.parent != (spanID{}) {
			o["parentSpanId"] = hex.EncodeToString(s.parent[:])
		}
		if s.failed {
			o["status"] = object{"code": statusError}
		}
		list[i] = o
	}
	return json.Marshal(object{"resourceSpans": []object{{
		"resource":   object{"attributes": encodeAttributes(resource)},
		"scopeSpans": []object{{"scope": object{"name": "popbridge", "version": version}, "spans": list}},
	}}})
}

func encodeAttributes(list []attribute) []object {
	all := make([]object, 0, len(list))
	for _, a := range list {
		switch {
		case a.isNumber:
			all = append(all, object{"key": a.key, "value": object{"intValue": strconv.FormatInt(a.number, 10)}})
		case a.text != "":
			all = append(all, object{"key": a.key, "value": object{"stringValue": a.text}})
		}
	}
	return all
}
