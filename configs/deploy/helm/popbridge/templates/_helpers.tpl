{{- define "popbridge.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "popbridge.selector" -}}
app.kubernetes.io/name: popbridge
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "popbridge.labels" -}}
{{ include "popbridge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The configuration with what the chart knows by itself. */}}
{{- define "popbridge.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.proxyProtocol.networks -}}
{{- range $name, $listener := $config.listener -}}
{{- $_ := set $listener "proxy_protocol" $.Values.proxyProtocol.networks -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "state" (merge (dict "driver" "postgres") ($config.state | default (dict "driver" "postgres"))) -}}
{{- $_ := set $config "metrics" (dict "address" (printf ":%v" .Values.metrics.port)) -}}
{{- toYaml $config -}}
{{- end -}}
