package api

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// object is a JSON object of the document.
type object = map[string]any

// version is the API's own: what is added leaves it as it is.
const version = "1"

// Document describes the API in OpenAPI 3.1, made of the very endpoints that are served.
func Document() any {
	s := schemas{made: object{}}
	paths := object{}
	for _, e := range endpoints() {
		at, ok := paths[Root+e.path].(object)
		if !ok {
			at = object{}
			paths[Root+e.path] = at
		}
		at[strings.ToLower(e.method)] = e.operation(&s)
	}
	paths[Root+"/openapi.json"] = object{"get": endpoint{id: "openapi", summary: "This document", answer: object{}}.operation(&s)}
	s.of(Problem{})
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "popbridge", "version": version, "license": object{"name": "MIT", "identifier": "MIT"},
			"description": "What operators of popbridge see and do. Every request brings a token of admin.tokens_file; one with \"read\" may use GET alone.",
		},
		"servers":  []any{object{"url": "/"}},
		"security": []any{object{"token": []any{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
			"schemas":         s.made,
		},
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// meanings are those of what stands in paths.
var meanings = map[string]string{"account": "The account, as a login names it without its device.", "device": "The device's name."}

func (e endpoint) operation(s *schemas) object {
	parameters := []any{}
	for _, found := range placeholder.FindAllStringSubmatch(e.path, -1) {
		parameters = append(parameters, object{"name": found[1], "in": "path", "required": true, "description": meanings[found[1]], "schema": object{"type": "string"}})
	}
	for _, p := range e.query {
		kind := object{"type": "string"}
		if p.number {
			kind = object{"type": "integer", "minimum": 0}
		}
		parameters = append(parameters, object{"name": p.name, "in": "query", "description": p.meaning, "schema": kind})
	}
	responses := object{"200": object{"description": "It is so, or it is done.", "content": object{"application/json": object{"schema": s.of(e.answer)}}}}
	for _, status := range e.refusals() {
		responses[strconv.Itoa(status)] = object{
			"description": http.StatusText(status),
			"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
		}
	}
	o := object{"operationId": e.id, "summary": e.summary, "parameters": parameters, "responses": responses}
	if e.write {
		if body := e.body(); body != nil {
			o["requestBody"] = object{"content": object{"application/json": object{"schema": s.of(body)}}}
		}
	}
	return o
}

// refusals are the problems that an endpoint may answer with.
func (e endpoint) refusals() []int {
	all := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusInternalServerError}
	if strings.Contains(e.path, "{account}") {
		all = append(all, http.StatusNotFound, http.StatusUnprocessableEntity)
	}
	if e.write {
		all = append(all, http.StatusForbidden, http.StatusConflict)
	}
	return all
}
